"""Plan of a mining run: counts, sizes, time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MiningPlan:
    """What mining would do.

    Attributes
    ----------
    questions : dict
        Counts by language.
    not_searched : dict
        Why to how many; those with positives of their own are kept as they are.
    searched, passages : int
    readings : int
        Answers that the reader is to give, at most.
    index_bytes : int or None
        Of the index that is made; None: none is, or BM25's, which is smaller than the corpus.
    free_bytes : int
    seconds : float
        To encode the corpus and to read, as measured on a sample here and now; BM25 not included.
    """

    questions: dict[str, dict[str, int]]
    not_searched: dict[str, int]
    searched: int
    passages: int
    readings: int
    index_bytes: int | None
    free_bytes: int
    seconds: float
