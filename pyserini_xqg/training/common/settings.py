"""Settings of any training: its base, its steps, its optimizer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pyserini_xqg.errors import UsageError

Precision = Literal["fp32", "bf16"]


Keep = Literal["best", "last"]


# They change how much memory a step takes, and its result only by rounding; a run can go on with others.
MEMORY_FIELDS = ("mini_batch", "gradient_checkpointing")


@dataclass(frozen=True, kw_only=True)
class TrainerSettings:
    """How any model of this package is trained.

    Parameters
    ----------
    base : str
        The model to start from: a folder or Hugging Face id.
    revision : str or None
        Branch, tag or commit of it, where it comes from the hub.
    batch_size : int
        Examples a step, over all processes.
    learning_rate : float
        At its highest: it rises over the first `warmup_ratio` of the steps and falls to nothing at the last.
    warmup_ratio, weight_decay, max_grad_norm : float
    epochs : int
    seed : int
    precision : {"fp32", "bf16"}
        bf16 computes in bfloat16; weights and optimizer stay in float32.
    mini_batch : int or None
        Gradient caching: texts that go through the model at once; None: the whole batch does. The step is the same to
        rounding (with dropout, other random numbers are drawn), takes less memory and about a fifth to twice more time.
    gradient_checkpointing : bool
        Compute the inner layers a second time instead of keeping them: much less memory, about a third more time.
    checkpoint_every : int or None
        Steps between two points at which dev is scored and a run that was stopped can go on; None: an epoch.
    keep : {"best", "last"}
        Which checkpoint becomes the model: the best on dev, or the last; without dev the last.
    """

    base: str
    revision: str | None = None
    batch_size: int = 128
    learning_rate: float = 1e-5
    warmup_ratio: float = 0.1
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    epochs: int = 40
    seed: int = 0
    precision: Precision = "fp32"
    mini_batch: int | None = None
    gradient_checkpointing: bool = False
    checkpoint_every: int | None = None
    keep: Keep = "best"

    def __post_init__(self) -> None:
        for name in ("batch_size", "epochs", "mini_batch", "checkpoint_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{name} is {value}: at least 1 is expected")
        for name in ("learning_rate", "max_grad_norm"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} is {getattr(self, name)}: more than 0 is expected")
        if not 0 <= self.warmup_ratio <= 1:
            raise UsageError(f"warmup_ratio is {self.warmup_ratio}: a share from 0 to 1 is expected")
        if self.weight_decay < 0:
            raise UsageError(f"weight_decay is {self.weight_decay}: 0 or more is expected")
        if not 0 <= self.seed < 2**32:
            raise UsageError(f"seed is {self.seed}: a number from 0 to 2**32 - 1 is expected")

    def identity(self) -> dict[str, Any]:
        """The settings that decide on the weights, as JSON has them."""
        values = {name: value for name, value in asdict(self).items() if name not in MEMORY_FIELDS}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
