"""Numbers of queries that passages have in each language, for as many passages as there are in 12 bytes a passage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class QueryNumbers:
    """How many queries each passage has.

    Attributes
    ----------
    patterns : int64 array of shape (patterns, languages)
        The numbers that occur, each combination once, in the order of the numbers.
    of_row : int32 array of shape (rows,)
        Which of them a passage has.
    """

    patterns: npt.NDArray[np.int64]
    of_row: npt.NDArray[np.int32]

    @classmethod
    def of_patterns(cls, patterns: npt.NDArray[np.int64], of_row: npt.NDArray[np.int32]) -> QueryNumbers:
        """From patterns in any order, which may be there twice."""
        unique, place = np.unique(patterns, axis=0, return_inverse=True)
        return cls(unique, place.reshape(-1).astype(np.int32)[of_row])

    @classmethod
    def of_counts(cls, counts: npt.NDArray[np.int64]) -> QueryNumbers:
        """From the numbers of each passage: an int array of shape (rows, languages)."""
        return cls.of_patterns(counts, np.arange(len(counts), dtype=np.int32))

    def rows_with_queries(self) -> npt.NDArray[np.int64]:
        """The rows of the passages that have any query, rising."""
        has_queries = self.patterns.sum(axis=1) > 0
        return np.flatnonzero(has_queries[self.of_row]).astype(np.int64, copy=False)
