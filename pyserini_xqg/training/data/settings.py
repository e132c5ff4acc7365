"""Settings of training data: where they are, and what happens where dev is in train."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pyserini_xqg.collection.datasets.formats import FORMATS
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.paths import keep_as_text

# Where questions of dev are in train: end with an error, train without them, or train on them too.
LeakPolicy = Literal["refuse", "drop", "allow"]

# The heading of the command line's help, and what its options are.
DATA = {"panel": "Data"}
PLACE = {"path": True, **DATA}


@dataclass(frozen=True)
class TrainingDataSettings:
    """Where the data are.

    Parameters
    ----------
    train : tuple of str or Path
        Questions with passages to train on, in any format known; repeated. See
        :data:`pyserini_xqg.collection.datasets.formats.FORMATS`.
    dev : tuple of str or Path
        Questions to score checkpoints on; repeated.
    dev_corpus : str or Path or None
        More passages to search for --dev's questions, Pyserini's JSONL.
    format : str or None
        Format of --train and --dev; None: seen from the content.
    leaks : {"refuse", "drop", "allow"}
        Where questions of dev are in train: end with an error, train without them, or on them too, as published work
        on XOR-TyDi did.
    """

    train: tuple[str | Path, ...] = field(metadata=PLACE)
    dev: tuple[str | Path, ...] = field(default=(), metadata=PLACE)
    dev_corpus: str | Path | None = field(default=None, metadata=PLACE)
    format: str | None = field(default=None, metadata={"option": "--data-format", "choices": tuple(FORMATS), **DATA})
    leaks: LeakPolicy = field(default="refuse", metadata=DATA)

    def __post_init__(self) -> None:
        keep_as_text(self, "train", "dev", "dev_corpus")
        if not self.train:
            raise UsageError("no training data are named")
