from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import MissingInput
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin.encoder_folder import write_encoder
from tests.conftest import sentence

TEXTS = [sentence(number, length) for number, length in enumerate((2, 20, 5, 1))]
CLASSES = ("DPRContextEncoder", "DPRQuestionEncoder")


def make_dpr(folder: Path, tokenizer_of: Path, name: str, **values: Any) -> tuple[Path, Vectors]:
    """A random DPR model, and what transformers' own class makes of the texts."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(tokenizer_of)
    torch.manual_seed(len(name))
    config = transformers.DPRConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.3,
        **values,
    )
    model = getattr(transformers, name)(config).eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if name == "DPRReader":
        return folder, np.empty(0, dtype=np.float32)
    with torch.inference_mode():
        rows = [model(**tokenizer(text, return_tensors="pt")).pooler_output[0].numpy() for text in TEXTS]
    return folder, np.stack(rows)


@pytest.mark.parametrize("name", CLASSES)
def test_dpr_gives_the_vectors_of_transformers_own_class(name: str, tiny_model: Path, tmp_path: Path) -> None:
    folder, expected = make_dpr(tmp_path / "dpr", tiny_model, name)
    encoder = TextEncoder(EncoderSettings(folder), "cpu")
    assert (encoder.dimension, encoder.settings.pooling, encoder.settings.l2_norm) == (32, "cls", False)
    np.testing.assert_allclose(encoder.encode(TEXTS, "passage"), expected, atol=1e-5)


def test_the_two_encoders_of_dpr_are_two_sides(tiny_model: Path, tmp_path: Path) -> None:
    passages, questions = (make_dpr(tmp_path / name, tiny_model, name) for name in CLASSES)
    settings = EncoderSettings(passages[0], query_model=questions[0])
    resolved = write_encoder(settings, AugmentationSettings(), tmp_path / "encoder", "cpu")
    for side, (_, expected) in (("passage", passages), ("query", questions)):
        vectors = TextEncoder(resolved, "cpu", side).encode(TEXTS, side)  # type: ignore[arg-type]
        np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_what_is_saved_of_dpr_is_a_bert(tiny_model: Path, tmp_path: Path) -> None:
    folder, expected = make_dpr(tmp_path / "dpr", tiny_model, "DPRContextEncoder")
    saved = tmp_path / "saved"
    model = TextEncoder(EncoderSettings(folder), "cpu")._model
    model.similarity_fn_name = "dot"
    model.save(str(saved), create_model_card=False)
    assert json.loads((saved / "config.json").read_text())["model_type"] == "bert"
    np.testing.assert_allclose(TextEncoder(EncoderSettings(saved), "cpu").encode(TEXTS, "passage"), expected, atol=1e-5)


@pytest.mark.parametrize(
    "name, values, said",
    [
        ("DPRReader", {}, "DPRReader is no encoder"),
        ("DPRContextEncoder", {"projection_dim": 8}, "projection_dim 8"),
    ],
)
def test_what_is_no_encoder_of_dpr_is_refused(
    name: str, values: dict[str, Any], said: str, tiny_model: Path, tmp_path: Path
) -> None:
    folder, _ = make_dpr(tmp_path / "dpr", tiny_model, name, **values)
    with pytest.raises(MissingInput, match=said):
        TextEncoder(EncoderSettings(folder), "cpu")
