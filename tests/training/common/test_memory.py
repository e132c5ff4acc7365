from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from pyserini_xqg.errors import XqgError
from pyserini_xqg.training.common.memory import activation_bytes, memory_advice


def test_other_errors_are_left_alone(settings: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="size") as error, memory_advice(settings(), str):
        torch.ones(2) @ torch.ones(3)
    assert not isinstance(error.value, XqgError)


def test_advice_comes_with_what_was_said(settings: Callable[..., Any]) -> None:
    message = r"out of memory \(no more is said\)\. Give up on 8\. The run goes on from its last checkpoint"
    with pytest.raises(XqgError, match=message), memory_advice(settings(), lambda own: f"Give up on {own.batch_size}"):
        raise MemoryError


@pytest.mark.parametrize("gradient_checkpointing", [False, True])
def test_activations_are_counted_as_in_the_paper(gradient_checkpointing: bool, settings: Callable[..., Any]) -> None:
    config = SimpleNamespace(hidden_size=10, num_attention_heads=2)
    chosen = settings(precision="bf16", gradient_checkpointing=gradient_checkpointing)
    whole = 7 * (34 * 10 + 5 * 2 * 7)  # bytes of a layer
    expected = 3 * 7 * 10 * 2 + whole if gradient_checkpointing else 3 * whole
    assert activation_bytes(config, chosen, 3, 7) == expected
    both = activation_bytes(config, chosen, 3, 7, 2)
    assert both == (3 * 7 * 10 * 2 + 2 * whole if gradient_checkpointing else 6 * whole)
