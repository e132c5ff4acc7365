from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.errors import XqgError
from pyserini_xqg.generation.backends.loading import open_model
from pyserini_xqg.training.common.memory import memory_advice
from pyserini_xqg.training.generator.memory import estimate_generator_memory, generator_advice
from pyserini_xqg.training.generator.settings import generator_settings
from tests.fixtures.generation import make_t5


def test_the_estimate_grows_with_what_takes_memory(tmp_path: Path) -> None:
    model: Any = open_model(str(make_t5(tmp_path / "mt5")), None, "float32", "sequence-to-sequence")
    settings = generator_settings({})
    frozen = estimate_generator_memory(model, settings)
    model.requires_grad_(True)
    plain = estimate_generator_memory(model, settings)
    assert plain.model == 5 * frozen.model
    assert plain.activations == frozen.activations
    smaller = (
        {"mini_batch": 8},
        {"precision": "bf16"},
        {"gradient_checkpointing": True},
        {"input_length": 64},
        {"output_length": 16},
    )
    for given in smaller:
        assert estimate_generator_memory(model, replace(settings, **given)).activations < plain.activations, given
    assert estimate_generator_memory(model, settings, processes=16).activations == plain.activations // 2
    # The logits alone, for the pieces of 16: mT5's vocabulary is what counts.
    model.config.vocab_size = 250_000
    assert estimate_generator_memory(model, settings).activations > 16 * 32 * 250_000 * 12


def test_the_advice_goes_from_what_changes_nothing_to_what_does() -> None:
    settings = generator_settings({})
    said = []
    for given in ({}, {"mini_batch": 1}, {"gradient_checkpointing": True}, {"precision": "bf16"}, {"lora_rank": 8}):
        settings = replace(settings, **given)
        said.append(generator_advice(settings).split(" (")[0].split(",")[0])
    assert said == [
        "Give --mini-batch 8 instead of 16",
        "Give --gradient-checkpointing",
        "Give --precision bf16",
        "Give --lora-rank 16",
        "Give a smaller --input-length or a smaller base model",
    ]


def test_a_lack_of_memory_names_the_setting() -> None:
    import torch

    with (
        pytest.raises(XqgError, match=r"out of memory .*Give --mini-batch 8 .* goes on from its last checkpoint"),
        memory_advice(generator_settings({}), generator_advice),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")
