from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.loading import choose_device, fingerprint, load_model, quiet_loading
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import MissingInput, MissingPrerequisite, UsageError
from tests.conftest import make_model, sentence

TEXTS = [sentence(number, length) for number, length in enumerate((2, 30, 5, 1, 44, 11, 80))]


def copied(model: Path, folder: Path) -> Path:
    return Path(shutil.copytree(model, folder / "model"))


def resolved(settings: EncoderSettings) -> EncoderSettings:
    return load_model(settings, "cpu", "passage")[1]


def test_a_plain_model_gets_the_settings_of_the_paper_within_its_limit(tiny_model: Path) -> None:
    settings = resolved(EncoderSettings(str(tiny_model)))
    assert (settings.pooling, settings.l2_norm) == ("cls", False)
    assert (settings.query_prefix, settings.passage_prefix) == ("", "")
    assert (settings.query_max_length, settings.passage_max_length) == (32, 64)


def test_a_sentence_model_is_used_as_it_says_itself(tiny_sentence_model: Path) -> None:
    settings = resolved(EncoderSettings(str(tiny_sentence_model)))
    assert (settings.pooling, settings.l2_norm) == (None, None)
    assert (settings.query_prefix, settings.passage_prefix) == ("query: ", "passage: ")
    assert (settings.query_max_length, settings.passage_max_length) == (48, 48)


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_a_sentence_model_gives_the_vectors_of_sentence_transformers(kind: str, tiny_sentence_model: Path) -> None:
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(tiny_sentence_model), device="cpu").encode(TEXTS, prompt_name=kind)
    vectors = TextEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu").encode(TEXTS, kind)  # type: ignore[arg-type]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_a_prompt_that_the_model_leaves_out_of_the_mean_is_left_out(tiny_sentence_model: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = copied(tiny_sentence_model, tmp_path)
    pooling = model / "1_Pooling" / "config.json"
    included = TextEncoder(EncoderSettings(str(model)), "cpu").encode(TEXTS, "query")
    pooling.write_text(json.dumps(json.loads(pooling.read_text()) | {"include_prompt": False}))

    expected = SentenceTransformer(str(model), device="cpu").encode(TEXTS, prompt_name="query")
    vectors = TextEncoder(EncoderSettings(str(model)), "cpu").encode(TEXTS, "query")
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert np.abs(vectors - included).max() > 0.01


def test_a_pooling_that_is_asked_for_replaces_the_models_and_nothing_else(
    tiny_model: Path, tiny_sentence_model: Path
) -> None:
    settings = resolved(EncoderSettings(str(tiny_sentence_model), pooling="cls"))
    assert (settings.pooling, settings.l2_norm) == ("cls", True)
    assert (settings.query_prefix, settings.query_max_length) == ("query: ", 48)

    plain = EncoderSettings(
        str(tiny_model), pooling="cls", l2_norm=True, query_prefix="query: ", query_max_length=48, passage_max_length=48
    )
    np.testing.assert_allclose(
        TextEncoder(settings, "cpu").encode(TEXTS, "query"),
        TextEncoder(plain, "cpu").encode(TEXTS, "query"),
        atol=1e-6,
    )


@pytest.mark.parametrize("l2_norm", [True, False])
def test_a_normalisation_that_is_asked_for_leaves_the_models_pooling(l2_norm: bool, tiny_sentence_model: Path) -> None:
    asked = EncoderSettings(str(tiny_sentence_model), l2_norm=l2_norm)
    settings = resolved(asked)
    assert (settings.pooling, settings.l2_norm) == (None, l2_norm)

    expected = TextEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu").encode(TEXTS, "passage")
    vectors = TextEncoder(asked, "cpu").encode(TEXTS, "passage")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors / lengths, expected, atol=1e-6)
    assert np.allclose(lengths, 1, atol=1e-5) == l2_norm


def test_resolved_settings_resolve_to_themselves(tiny_model: Path, tiny_sentence_model: Path) -> None:
    for asked in (
        EncoderSettings(str(tiny_model)),
        EncoderSettings(str(tiny_sentence_model)),
        EncoderSettings(str(tiny_sentence_model), pooling="last"),
        EncoderSettings(str(tiny_sentence_model), l2_norm=False, query_prefix="", passage_max_length=20),
    ):
        assert resolved(resolved(asked)) == resolved(asked)


def test_each_side_has_its_own_model(tiny_model: Path, tmp_path: Path) -> None:
    other = make_model(tmp_path / "other", seed=1)
    both = EncoderSettings(str(tiny_model), query_model=str(other))
    for side, model in (("passage", tiny_model), ("query", other)):
        expected = TextEncoder(EncoderSettings(str(model)), "cpu").encode(TEXTS, "query")
        vectors = TextEncoder(both, "cpu", side).encode(TEXTS, "query")  # type: ignore[arg-type]
        np.testing.assert_array_equal(vectors, expected)


@pytest.mark.parametrize("field", ["query_max_length", "passage_max_length"])
def test_more_tokens_than_the_model_has_positions_for_are_refused(
    field: str, tiny_model: Path, tiny_sentence_model: Path
) -> None:
    for model in (tiny_model, tiny_sentence_model):
        resolved(EncoderSettings(str(model), **{field: 64}))  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"65 tokens .* at most 64"):
            resolved(EncoderSettings(str(model), **{field: 65}))  # type: ignore[arg-type]


def test_a_sentence_model_reads_on_beyond_its_own_length_if_asked_to(tiny_sentence_model: Path) -> None:
    own = TextEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu")
    longer = TextEncoder(EncoderSettings(str(tiny_sentence_model), passage_max_length=64), "cpu")
    assert (own.settings.passage_max_length, longer.settings.passage_max_length) == (48, 64)
    short, long = sentence(0, 20), sentence(0, 60)
    np.testing.assert_allclose(longer.encode([short], "passage"), own.encode([short], "passage"), atol=1e-6)
    assert abs(longer.encode([long], "passage") - own.encode([long], "passage")).max() > 1e-3


def test_positions_are_counted_from_that_of_padding(tiny_model: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, RobertaConfig, RobertaModel

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=34,
        pad_token_id=1,
    )
    RobertaModel(config).save_pretrained(tmp_path)
    tokenizer.model_max_length = 500
    tokenizer.save_pretrained(tmp_path)
    assert (
        TextEncoder(EncoderSettings(str(tmp_path), passage_max_length=32), "cpu")
        .encode([sentence(0, 60)], "passage")
        .any()
    )
    with pytest.raises(UsageError, match=r"33 tokens .* at most 32"):
        resolved(EncoderSettings(str(tmp_path), passage_max_length=33))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="nowhere: no such folder"):
        resolved(EncoderSettings(str(tmp_path / "nowhere")))


def test_a_model_that_the_hub_alone_has_is_missing_without_a_network() -> None:
    with pytest.raises(MissingInput, match=r"model nobody/nothing: .*Without a network"):
        resolved(EncoderSettings("nobody/nothing"))


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(["tokenizer.json", "tokenizer_config.json", "vocab.txt"], id="tokenizer"),
        pytest.param(["model.safetensors"], id="weights"),
        pytest.param(["config.json"], id="config"),
    ],
)
@pytest.mark.parametrize("kind", ["tiny_model", "tiny_sentence_model"])
def test_a_model_that_lacks_something_cannot_be_loaded(
    kind: str, files: list[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    model = copied(request.getfixturevalue(kind), tmp_path)
    for file in files:
        (model / file).unlink(missing_ok=True)
    with pytest.raises(MissingInput, match="cannot be loaded") as raised:
        resolved(EncoderSettings(str(model)))
    assert str(model) in str(raised.value)
    assert raised.value.exit_code == 4


def test_weights_that_were_cut_short_cannot_be_loaded(tiny_model: Path, tmp_path: Path) -> None:
    model = copied(tiny_model, tmp_path)
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(MissingInput, match="cannot be loaded"):
        resolved(EncoderSettings(str(model)))


@pytest.mark.parametrize("device", ["cuda:99", "no-such-device"])
def test_a_device_that_is_not_there_is_a_missing_prerequisite(device: str) -> None:
    with pytest.raises(MissingPrerequisite, match=f"{device}.*xqg doctor"):
        choose_device(device)


def test_the_device_is_chosen_when_none_is_named() -> None:
    import torch

    torch.empty(0, device=choose_device(None))
    assert choose_device("cpu") == "cpu"


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_a_change_of_any_file_changes_the_fingerprint(file: str, tiny_sentence_model: Path, tmp_path: Path) -> None:
    model = copied(tiny_sentence_model, tmp_path)
    before = fingerprint(str(model))
    assert before == fingerprint(str(tiny_sentence_model))
    content = bytearray((model / file).read_bytes())
    content[-2] ^= 1
    (model / file).write_bytes(content)
    assert fingerprint(str(model)) != before


def test_a_renamed_file_changes_the_fingerprint_and_a_readme_does_not(tiny_model: Path, tmp_path: Path) -> None:
    model = copied(tiny_model, tmp_path)
    before = fingerprint(str(model))
    (model / "README.md").write_text("a card")
    assert fingerprint(str(model)) == before
    (model / "vocab.txt").rename(model / "words.txt")
    assert fingerprint(str(model)) != before


def test_a_model_of_the_hub_has_no_fingerprint() -> None:
    assert fingerprint("nobody/nothing") is None


def test_loading_draws_no_progress_bar_and_leaves_the_switches_as_they_were(
    tiny_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from huggingface_hub.utils import (  # type: ignore[attr-defined]
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from transformers.utils import logging

    before = logging.is_progress_bar_enabled(), are_progress_bars_disabled()
    try:
        for transformers_shows, downloads_show in ((True, True), (True, False), (False, True), (False, False)):
            logging.enable_progress_bar() if transformers_shows else logging.disable_progress_bar()
            enable_progress_bars() if downloads_show else disable_progress_bars()
            capfd.readouterr()
            resolved(EncoderSettings(str(tiny_model)))
            assert capfd.readouterr().err == ""
            with quiet_loading():
                assert (logging.is_progress_bar_enabled(), are_progress_bars_disabled()) == (False, not downloads_show)
            after = logging.is_progress_bar_enabled(), are_progress_bars_disabled()
            assert after == (transformers_shows, not downloads_show)
    finally:
        logging.enable_progress_bar() if before[0] else logging.disable_progress_bar()
        disable_progress_bars() if before[1] else enable_progress_bars()
