from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyserini_xqg.encoding import encoder as text_encoder
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import MissingInput, UsageError
from tests.conftest import sentence

TEXTS = [sentence(number, length) for number, length in enumerate((3, 20, 5, 1, 11))]
MakeCausal = Callable[..., Path]


@pytest.fixture
def make_causal(tiny_model: Path, tmp_path: Path) -> MakeCausal:
    """Makes a random model that reads from left to right."""

    def make(architecture: str = "GPT2", **tokens: Any) -> Path:
        import torch
        import transformers

        vocabulary = transformers.AutoTokenizer.from_pretrained(tiny_model).get_vocab()
        folder = tmp_path / architecture
        from tokenizers import Tokenizer, models, pre_tokenizers

        words = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        words.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer = transformers.PreTrainedTokenizerFast(
            tokenizer_object=words, **{"eos_token": "[SEP]", "unk_token": "[UNK]", "padding_side": "left", **tokens}
        )
        sizes = {
            "GPT2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
            "Llama": {
                "hidden_size": 32,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "intermediate_size": 64,
                "max_position_embeddings": 64,
            },
        }[architecture]
        torch.manual_seed(0)
        config = getattr(transformers, f"{architecture}Config")(
            vocab_size=len(vocabulary), initializer_range=0.3, bos_token_id=None, eos_token_id=None, **sizes
        )
        getattr(transformers, f"{architecture}Model")(config).eval().save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


def last_tokens(folder: Path) -> Any:
    """What transformers makes of each text alone."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        rows = [model(torch.tensor([tokenizer(text)["input_ids"]])).last_hidden_state[0, -1].numpy() for text in TEXTS]
    return np.stack(rows)


@pytest.mark.parametrize("architecture", ["GPT2", "Llama"])
def test_a_causal_model_is_pooled_by_its_last_token_alone_or_in_a_batch(
    architecture: str, make_causal: MakeCausal, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_causal(architecture)
    expected = last_tokens(folder)
    for budget in (1, 1_000_000):
        monkeypatch.setitem(text_encoder.TOKENS_PER_BATCH, "cpu", budget)
        encoder = TextEncoder(EncoderSettings(folder), "cpu")
        assert encoder.settings.pooling == "last"
        np.testing.assert_allclose(encoder.encode(TEXTS, "passage"), expected, atol=1e-5)


def test_an_empty_text_has_a_token(make_causal: MakeCausal) -> None:
    encoder = TextEncoder(EncoderSettings(make_causal()), "cpu")
    alone, among = encoder.encode([""], "passage"), encoder.encode(["", *TEXTS], "passage")
    assert np.abs(alone).max() > 0
    np.testing.assert_allclose(among[:1], alone, atol=1e-5)


def test_the_first_token_of_a_causal_model_is_refused(make_causal: MakeCausal) -> None:
    with pytest.raises(UsageError, match=r"reads from left to right.*--pooling last or mean"):
        TextEncoder(EncoderSettings(make_causal(), pooling="cls"), "cpu")


def test_a_sentence_model_that_pools_the_first_token_of_a_causal_model_is_refused(
    make_causal: MakeCausal, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = tmp_path / "sentence"
    model = TextEncoder(EncoderSettings(make_causal()), "cpu")._model
    model.save(str(folder), create_model_card=False)
    assert isinstance(SentenceTransformer(str(folder), device="cpu"), SentenceTransformer)
    file = folder / "1_Pooling" / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"pooling_mode": "cls"}))
    with pytest.raises(UsageError, match="reads from left to right"):
        TextEncoder(EncoderSettings(folder), "cpu")
    assert TextEncoder(EncoderSettings(folder, pooling="mean"), "cpu").settings.pooling == "mean"


def test_a_model_that_reads_both_ways_keeps_cls(tiny_model: Path) -> None:
    assert TextEncoder(EncoderSettings(tiny_model), "cpu").settings.pooling == "cls"
    half = EncoderSettings(tiny_model, dtype="bfloat16")
    assert TextEncoder(half, "cpu").settings.pooling == "cls"


def test_a_causal_model_is_known_in_half_the_bits(make_causal: MakeCausal) -> None:
    assert TextEncoder(EncoderSettings(make_causal(), dtype="bfloat16"), "cpu").settings.pooling == "last"


def test_a_tokenizer_with_nothing_to_pad_with_is_refused(make_causal: MakeCausal) -> None:
    folder = make_causal(eos_token=None, unk_token=None)
    with pytest.raises(MissingInput, match="no token to pad texts with"):
        TextEncoder(EncoderSettings(folder), "cpu")
