"""Memory of a training step: an estimate, and an error that says what to change when it was too much.

The estimate counts, in bytes: 20 a parameter (weights, gradients, AdamW's two averages and what it works with, all in
float32), and for the texts whose inner layers are kept for the backward pass, what a transformer layer keeps of a
token: 34 numbers a dimension and 5 a head and token of the text, at 1 byte each in bf16 and 2 in fp32 (Korthikanti et
al., 2022, count bytes at half precision). With gradient checkpointing a layer keeps one number a dimension, and one
layer at a time all of them. Python and PyTorch themselves are not in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pyserini_xqg.encoding.memory import out_of_memory
from pyserini_xqg.errors import XqgError
from pyserini_xqg.training.common.settings import TrainerSettings

BYTES_PER_PARAMETER = 20

AnySettings = TypeVar("AnySettings", bound=TrainerSettings)


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes that a step takes on each device.

    Attributes
    ----------
    model : int
        Weights, gradients, optimizer.
    activations : int
        Of the texts that go through the model at once.
    """

    model: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.model + self.activations


def activation_bytes(config: Any, settings: TrainerSettings, layers: int, tokens: int, attentions: float = 1) -> float:
    """Bytes of what the layers keep of one text.

    Parameters
    ----------
    config : PretrainedConfig
        Of the model, or of its text part.
    settings : TrainerSettings
    layers, tokens : int
    attentions : float
        What a layer keeps, in that of one with one attention.
    """
    hidden, heads = config.hidden_size, config.num_attention_heads
    number = 2 if settings.precision == "bf16" else 4
    whole = attentions * tokens * (34 * hidden + 5 * heads * tokens) * number / 2
    return float(layers * tokens * hidden * number + whole if settings.gradient_checkpointing else layers * whole)


@contextmanager
def memory_advice(settings: AnySettings, advise: Callable[[AnySettings], str]) -> Iterator[None]:
    """Turn a lack of memory into an error that says which setting to change.

    Parameters
    ----------
    settings : TrainerSettings
    advise : callable
        Says what to change in the settings.

    Raises
    ------
    XqgError
        Memory ran out.
    """
    try:
        yield
    except Exception as error:
        if not out_of_memory(error):
            raise
        raise XqgError(
            f"out of memory ({str(error).splitlines()[0] if str(error) else 'no more is said'}). "
            f"{advise(settings)}. The run goes on from its last checkpoint"
        ) from error
