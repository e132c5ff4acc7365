"""Settings of training data: where they are, and what happens where dev is in train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyserini_xqg.errors import UsageError

# Where questions of dev are in train: end with an error, train without them, or train on them too.
LeakPolicy = Literal["refuse", "drop", "allow"]


@dataclass(frozen=True)
class TrainingDataSettings:
    """Where the data are.

    Parameters
    ----------
    train, dev : tuple of str
        Files and folders of any format of :data:`pyserini_xqg.collection.datasets.formats.FORMATS`.
    dev_corpus : str or None
        Passages, Pyserini's JSONL, that dev is searched in beside its own.
    format : str or None
        Of all of them; None: recognised by their content.
    leaks : {"refuse", "drop", "allow"}
        What to do where questions of dev are in train: end with an error, train without them, or on them too.
    """

    train: tuple[str, ...]
    dev: tuple[str, ...] = ()
    dev_corpus: str | None = None
    format: str | None = None
    leaks: LeakPolicy = "refuse"

    def __post_init__(self) -> None:
        if not self.train:
            raise UsageError("no training data are named")
