"""Settings of any training: its base, its steps, its optimizer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.paths import keep_as_text

Precision = Literal["fp32", "bf16"]


Keep = Literal["best", "last"]


# Headings of the command line's help.
MODEL, STEPS, MEMORY = {"panel": "Model"}, {"panel": "Training"}, {"panel": "Memory"}

# They change how much memory a step takes, and its result only by rounding; a run can go on with others.
MEMORY_FIELDS = ("mini_batch", "gradient_checkpointing")


@dataclass(frozen=True, kw_only=True)
class TrainerSettings:
    """How any model of this package is trained.

    Parameters
    ----------
    base : str or Path
        The model to start from: a folder or Hugging Face id.
    revision : str or None
        Branch, tag or commit of a base from the hub.
    batch_size : int
        Training examples in a step, over all processes.
    learning_rate : float
        Highest learning rate. It rises over the first `warmup_ratio` of the steps and falls to nothing at the last.
    warmup_ratio : float
        Share of the steps in which the learning rate rises.
    weight_decay : float
        Weight decay of AdamW.
    max_grad_norm : float
        Longest gradient: longer ones are shortened to it.
    epochs : int
        Passes over the data.
    seed : int
        Seed of the random numbers.
    precision : {"fp32", "bf16"}
        Number format of a step's computation. Weights and optimizer stay in float32.
    mini_batch : int or None
        Save memory: texts in the model at once, with cached gradients; None: all. The step is the
        same to rounding (with dropout, other random numbers are drawn), takes less memory and about a fifth to twice
        more time.
    gradient_checkpointing : bool
        Save memory: compute inner layers twice instead of keeping them. Much less memory, about a third more time.
    checkpoint_every : int or None
        Steps between checkpoints; None: an epoch. At one dev is scored, and a run that was stopped can go on from it.
    keep : {"best", "last"}
        The checkpoint that becomes the model: the best on dev, or the last. Without dev the last.
    """

    base: str | Path = field(metadata=MODEL)
    revision: str | None = field(default=None, metadata=MODEL)
    batch_size: int = field(default=128, metadata=STEPS)
    learning_rate: float = field(default=1e-5, metadata=STEPS)
    warmup_ratio: float = field(default=0.1, metadata=STEPS)
    weight_decay: float = field(default=0.0, metadata=STEPS)
    max_grad_norm: float = field(default=1.0, metadata=STEPS)
    epochs: int = field(default=40, metadata=STEPS)
    seed: int = field(default=0, metadata=STEPS)
    precision: Precision = field(default="fp32", metadata=MEMORY)
    mini_batch: int | None = field(default=None, metadata=MEMORY)
    gradient_checkpointing: bool = field(default=False, metadata=MEMORY)
    checkpoint_every: int | None = field(default=None, metadata=STEPS)
    keep: Keep = field(default="best", metadata=STEPS)

    def __post_init__(self) -> None:
        keep_as_text(self, "base")
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
