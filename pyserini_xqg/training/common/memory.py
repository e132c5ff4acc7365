"""How much memory a step takes, roughly, and what to change when it was too much.

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
from typing import Any

from pyserini_xqg.encoding.memory import out_of_memory
from pyserini_xqg.errors import XqgError
from pyserini_xqg.training.common.settings import TrainerSettings

BYTES_PER_PARAMETER = 20


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


@contextmanager
def memory_advice(settings: Any, advise: Callable[[Any], str] | None = None) -> Iterator[None]:
    """Turn a lack of memory into an error that says which setting to change.

    Parameters
    ----------
    settings : TrainerSettings
    advise : callable or None
        Says what to change in the settings; None: :func:`advice`.

    Raises
    ------
    XqgError
        Memory ran out.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        raise XqgError(
            f"out of memory ({str(error).splitlines()[0] if str(error) else 'no more is said'}). "
            f"{(advise or advice)(settings)}. The run goes on from its last checkpoint"
        ) from error


def advice(settings: TrainerSettings) -> str:
    """What to change, the gentlest first: what does not change the result, then precision, then the batch."""
    if settings.mini_batch is None:
        return f"Give --mini-batch {max(1, settings.batch_size // 8)} (gradient caching, the same batch in pieces)"
    if settings.mini_batch > 1:
        return f"Give a smaller --mini-batch, {max(1, settings.mini_batch // 2)} instead of {settings.mini_batch}"
    if not settings.gradient_checkpointing:
        return "Give --gradient-checkpointing"
    if settings.precision == "fp32":
        return "Give --precision bf16 (a new run: the weights will be others)"
    return "Give a smaller --passage-max-length or a smaller base model (a new run: the weights will be others)"
