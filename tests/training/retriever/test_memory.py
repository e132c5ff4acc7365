from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pyserini_xqg.encoding.loading import load_model
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import XqgError
from pyserini_xqg.training.common.memory import memory_advice
from pyserini_xqg.training.retriever.memory import estimate_retriever_memory, retriever_advice


def test_the_estimate_follows_the_settings(tiny_model: Path, settings: Callable[..., Any]) -> None:
    model, _ = load_model(EncoderSettings(str(tiny_model)), "cpu", "passage")
    base = settings()
    plain = estimate_retriever_memory(model, base, 2)
    assert plain.model == 20 * sum(parameter.numel() for parameter in model.parameters())
    # By hand: 8 questions of 16 tokens, 24 passages of 32; 2 layers of dimension 32 with 4 heads, 4 bytes.
    of = {tokens: 2 * tokens * (34 * 32 + 5 * 4 * tokens) * 2 for tokens in (16, 32)}
    assert plain.activations == 8 * of[16] + 24 * of[32]
    assert plain.total == plain.model + plain.activations

    def activations(**given: Any) -> int:
        return estimate_retriever_memory(model, replace(base, **given), 2).activations

    assert activations(batch_size=16) == 2 * plain.activations
    assert activations(mini_batch=4) == 4 * of[32]
    assert activations(precision="bf16") == plain.activations // 2
    assert activations(gradient_checkpointing=True) < plain.activations
    assert estimate_retriever_memory(model, base, 2, processes=2).activations == plain.activations // 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "--mini-batch 1 "),
        ({"batch_size": 128}, "--mini-batch 16 "),
        ({"mini_batch": 4}, "--mini-batch, 2 instead of 4"),
        ({"mini_batch": 1}, "--gradient-checkpointing"),
        ({"mini_batch": 1, "gradient_checkpointing": True}, "--precision bf16"),
        ({"mini_batch": 1, "gradient_checkpointing": True, "precision": "bf16"}, "--passage-max-length"),
    ],
)
def test_a_lack_of_memory_names_the_setting(given: dict[str, Any], said: str, settings: Callable[..., Any]) -> None:
    chosen = settings(**given)
    with pytest.raises(XqgError, match="out of memory") as error, memory_advice(chosen, retriever_advice):
        torch.empty(2**60, dtype=torch.uint8)
    assert said in str(error.value)
