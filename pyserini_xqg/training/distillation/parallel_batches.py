"""Batches of parallel questions, for the first stage of DR.DECR."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from pyserini_xqg.collection.datasets.parallel import ParallelQuestion
from pyserini_xqg.training.data.batches import Place, TextForm
from pyserini_xqg.training.distillation.training import Values, named


@dataclass(frozen=True, slots=True)
class ParallelRow:
    """A pair, and the teacher's vector of its English form."""

    pair: ParallelQuestion
    aim: Values


class ParallelRows(Dataset[ParallelRow]):
    """Pairs by (epoch, number).

    Parameters
    ----------
    pairs : sequence of ParallelQuestion
    aims : array of shape (pairs, dimension)
    seed : int
    """

    def __init__(self, pairs: Sequence[ParallelQuestion], aims: Values, seed: int):
        self._pairs = pairs
        self._aims = aims
        self._seed = seed

    def __len__(self) -> int:
        return len(self._pairs)

    def __getitem__(self, place: Place) -> ParallelRow:
        """The pair, the same in each epoch."""
        return ParallelRow(self._pairs[place.number], self._aims[place.number])

    def order(self, epoch: int) -> list[Place]:
        """All pairs as the epoch goes through them."""
        numbers = list(range(len(self)))
        Random(f"{self._seed} parallel {epoch}").shuffle(numbers)
        return [Place(epoch, number) for number in numbers]

    def positives(self, place: Place) -> Collection[str]:
        """None: a pair has nothing to do with the others of its step."""
        return ()

    def texts(self, place: Place) -> Collection[str]:
        """None, as :meth:`positives`."""
        return ()


class ParallelCollator:
    """Pairs to the columns ``question_...``, ``english_...`` and ``label``, the teacher's vectors."""

    valid_label_columns = ("label",)

    def __init__(self, form: TextForm):
        self._form = form

    def __call__(self, rows: Sequence[ParallelRow]) -> dict[str, Any]:
        """The batch."""
        return {
            **named("question", self._form.features([row.pair.question for row in rows], "query")),
            **named("english", self._form.features([row.pair.english for row in rows], "query")),
            "label": torch.from_numpy(np.stack([row.aim for row in rows])),
        }
