"""What a sentence-transformers model says of itself, and each of two models for its own side."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import open_encoders, read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin.encoder_folder import write_encoder
from pyserini_xqg.plugin.encoders import XqgDocumentEncoder, XqgQueryEncoder
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import call, make_model, sentence

TEXTS = [sentence(number, length) for number, length in enumerate((2, 30, 5, 1, 44, 11))]
Declaring = Callable[..., Path]


@pytest.fixture
def declaring(tiny_sentence_model: Path, tmp_path: Path) -> Declaring:
    """Makes a sentence-transformers folder that says the given of itself."""

    def make(normalized: bool = True, **values: Any) -> Path:
        folder = Path(shutil.copytree(tiny_sentence_model, tmp_path / f"model-{len([*tmp_path.iterdir()])}"))
        file = folder / "config_sentence_transformers.json"
        own = json.loads(file.read_text())
        file.write_text(json.dumps({**own, "similarity_fn_name": None, **values}))
        if not normalized:
            modules = json.loads((folder / "modules.json").read_text())
            (folder / "modules.json").write_text(json.dumps(modules[:2]))
        return folder

    return make


def stock(folder: Path, kind: str = "passage") -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu").encode(TEXTS, prompt_name=kind)


def unit(vectors: Any) -> Any:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_cosine_without_a_normalisation_gives_unit_length(declaring: Declaring) -> None:
    model = declaring(normalized=False, similarity_fn_name="cosine")
    encoder = TextEncoder(EncoderSettings(model), "cpu")
    assert encoder.settings.l2_norm is True
    np.testing.assert_allclose(encoder.encode(TEXTS, "passage"), unit(stock(model)), atol=1e-6)
    raw = TextEncoder(EncoderSettings(model, l2_norm=False), "cpu")
    np.testing.assert_allclose(raw.encode(TEXTS, "passage"), stock(model), atol=1e-5)


@pytest.mark.parametrize("similarity", ["dot", None])
def test_any_other_model_keeps_its_lengths(similarity: str | None, declaring: Declaring) -> None:
    model = declaring(normalized=False, similarity_fn_name=similarity)
    encoder = TextEncoder(EncoderSettings(model), "cpu")
    assert encoder.settings.l2_norm is None
    np.testing.assert_allclose(encoder.encode(TEXTS, "passage"), stock(model), atol=1e-5)


@pytest.mark.parametrize("similarity", ["euclidean", "manhattan"])
def test_a_distance_is_refused_unless_the_length_is_said(similarity: str, declaring: Declaring) -> None:
    model = declaring(normalized=False, similarity_fn_name=similarity)
    with pytest.raises(UsageError, match=f"{similarity} distance.*--l2-norm or --no-l2-norm"):
        TextEncoder(EncoderSettings(model), "cpu")
    TextEncoder(EncoderSettings(model, l2_norm=False), "cpu")


@pytest.mark.parametrize("similarity", ["cosine", "dot", None])
@pytest.mark.parametrize("normalized", [True, False])
def test_vectors_are_cut_to_the_dimension_that_the_model_says(
    similarity: str | None, normalized: bool, declaring: Declaring
) -> None:
    model = declaring(normalized=normalized, similarity_fn_name=similarity, truncate_dim=12)
    encoder = TextEncoder(EncoderSettings(model), "cpu")
    vectors = encoder.encode(TEXTS, "passage")
    assert encoder.dimension == 12
    expected = stock(model)
    assert expected.shape == (len(TEXTS), 12)
    np.testing.assert_allclose(vectors, unit(expected) if similarity == "cosine" else expected, atol=1e-5)
    again = TextEncoder(encoder.settings, "cpu")
    assert again.settings == encoder.settings
    np.testing.assert_array_equal(again.encode(TEXTS, "passage"), vectors)


def test_the_prompt_of_documents_comes_before_that_of_passages(declaring: Declaring) -> None:
    prompts = {"passage": "passage: ", "document": "title: ", "corpus": "corpus: "}
    for left, expected in (
        (prompts, "title: "),
        ({"passage": "p: ", "corpus": "c: "}, "p: "),
        ({"corpus": "c "}, "c "),
    ):
        settings = TextEncoder(EncoderSettings(declaring(prompts=left)), "cpu").settings
        assert (settings.passage_prefix, settings.query_prefix) == (expected, "")


def without_a_length(model: Path) -> Path:
    """A model folder whose tokenizer says no maximum length, with positions that are relative, as T5's."""
    import torch
    from transformers import AutoTokenizer, T5Config, T5EncoderModel

    tokenizer = AutoTokenizer.from_pretrained(model)
    torch.manual_seed(0)
    config = T5Config(vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=4, pad_token_id=0)
    T5EncoderModel(config).save_pretrained(model)
    tokenizer.model_max_length = int(1e30)
    tokenizer.save_pretrained(model)
    for file in model.glob("sentence_bert_config.json"):
        file.write_text(
            json.dumps({key: value for key, value in json.loads(file.read_text()).items() if "max" not in key})
        )
    return model


def test_a_model_that_says_no_length_gets_those_of_the_paper(tiny_sentence_model: Path, tmp_path: Path) -> None:
    model = without_a_length(Path(shutil.copytree(tiny_sentence_model, tmp_path / "t5")))
    encoder = TextEncoder(EncoderSettings(model), "cpu")
    assert (encoder.settings.query_max_length, encoder.settings.passage_max_length) == (32, 128)
    assert encoder.encode([sentence(0, 300)], "passage").shape == (1, 32)
    longer = TextEncoder(EncoderSettings(model, passage_max_length=300), "cpu")
    assert longer.settings.passage_max_length == 300
    longer.encode([sentence(0, 400)], "passage")


def test_each_of_two_models_says_its_own(tiny_model: Path, tiny_sentence_model: Path, tmp_path: Path) -> None:
    for passages, queries in ((tiny_model, tiny_sentence_model), (tiny_sentence_model, tiny_model)):
        folder = tmp_path / f"encoder-{passages.name}"
        write_encoder(EncoderSettings(passages, query_model=queries), AugmentationSettings(), folder, "cpu")
        np.testing.assert_array_equal(
            XqgQueryEncoder(folder, "cpu").encode_batch(TEXTS),
            TextEncoder(EncoderSettings(queries), "cpu").encode(TEXTS, "query"),
        )
        np.testing.assert_array_equal(
            XqgDocumentEncoder(folder, "cpu").encode(TEXTS),
            TextEncoder(EncoderSettings(passages), "cpu").encode(TEXTS, "passage"),
        )
        # And from the folder's settings both at once, as mining and distillation open them.
        opened = open_encoders(read_encoder(folder, "passage"), "cpu")
        assert opened[0].settings == read_encoder(folder, "query")
        np.testing.assert_array_equal(
            opened[1].encode(TEXTS, "query"), XqgQueryEncoder(folder, "cpu").encode_batch(TEXTS)
        )


def test_what_is_asked_for_counts_on_both_sides(tiny_model: Path, tiny_sentence_model: Path) -> None:
    asked = EncoderSettings(
        tiny_model, query_model=tiny_sentence_model, pooling="mean", query_prefix="q ", l2_norm=True
    )
    for encoder in open_encoders(asked, "cpu"):
        assert (encoder.settings.pooling, encoder.settings.l2_norm, encoder.settings.query_prefix) == (
            "mean",
            True,
            "q ",
        )
    changed = open_encoders(asked, "cpu")[0].settings.changed(l2_norm=False, revision="main")
    assert changed.of_side("query").l2_norm is changed.l2_norm is False
    assert changed.of_side("query").revision is None


def test_pyserinis_prefix_counts_for_a_query_model(tiny_model: Path, tiny_sentence_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    settings = EncoderSettings(tiny_model, query_model=tiny_sentence_model)
    write_encoder(settings, AugmentationSettings(), folder, "cpu")
    expected = TextEncoder(EncoderSettings(tiny_sentence_model, query_prefix="river "), "cpu").encode(TEXTS, "query")
    np.testing.assert_array_equal(XqgQueryEncoder(folder, "cpu", prefix="river ").encode_batch(TEXTS), expected)


def test_the_manifest_of_one_model_is_as_before(tiny_model: Path, tmp_path: Path) -> None:
    write_encoder(EncoderSettings(tiny_model), AugmentationSettings(), tmp_path / "encoder", "cpu")
    assert "query_form" not in Manifest.read(tmp_path / "encoder").settings["encoder"]


@pytest.mark.parametrize("command", ["index", "encoder", "index --dry-run"])
def test_nothing_is_written_where_the_query_model_cannot_be_opened(
    command: str, tiny_model: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = make_model(tmp_path / "gone")
    (gone / "model.safetensors").unlink()
    before = {*tmp_path.iterdir()}
    of_corpus = [] if command == "encoder" else ["--corpus", corpus]
    arguments = ["--encoder", tiny_model, "--query-model", gone, "--output", tmp_path / "output"]
    assert call(*command.split(), *of_corpus, *arguments) == 4
    assert f"model {gone}: cannot be loaded" in capsys.readouterr().err
    assert {*tmp_path.iterdir()} == before


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("own", [True, False])
def test_unit_length_is_exact_in_half_the_bits(
    dtype: Any, own: bool, tiny_model: Path, tiny_sentence_model: Path
) -> None:
    settings = EncoderSettings(tiny_sentence_model if own else tiny_model, l2_norm=None if own else True, dtype=dtype)
    lengths = np.linalg.norm(TextEncoder(settings, "cpu").encode(TEXTS, "passage").astype(np.float64), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)


def rotary(folder: Path, tiny_model: Path) -> Path:
    """A Llama of few dimensions, whose rotary frequencies bfloat16 rounds."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaModel

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
        pad_token_id=0,
    )
    LlamaModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_rotary_frequencies_stay_as_they_are_in_half_the_bits(tiny_model: Path, tmp_path: Path) -> None:
    import torch

    folder = rotary(tmp_path / "llama", tiny_model)

    def frequencies(encoder: TextEncoder) -> torch.Tensor:
        found: torch.Tensor = encoder._model[0].model.rotary_emb.inv_freq
        return found

    whole = TextEncoder(EncoderSettings(folder), "cpu")
    half = TextEncoder(EncoderSettings(folder, dtype="bfloat16"), "cpu")
    late = TextEncoder(EncoderSettings(folder), "cpu")
    late.use_half_precision()
    late.use_half_precision()
    for encoder, dtype in ((whole, torch.float32), (half, torch.bfloat16), (late, torch.float16)):
        assert {parameter.dtype for parameter in encoder._model.parameters()} == {dtype}
        assert torch.equal(frequencies(encoder), frequencies(whole))
    assert late.settings.dtype == "float16"
