"""Queries of an index that keeps its vectors, in some languages and so many of each: its own ones, or a control's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.indexing.exchange import Exchange, drawn_exchange
from pyserini_xqg.indexing.formula import unit
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import Control


class KeptQueries:
    """Sums of query vectors as the builder makes them from texts with the same settings.

    Parameters
    ----------
    kept : KeptVectors
    languages : sequence of str
        Whose queries count.
    number : int or None
        How many of each, one of ``kept.numbers``.
    control : {"shuffled", "mean"} or None
    seed : int
        Of the shuffled control.

    Attributes
    ----------
    exchange : Exchange or None
        Of the shuffled control.

    Raises
    ------
    UsageError
        A control of fewer than two passages with queries, or of none.
    """

    def __init__(
        self,
        kept: KeptVectors,
        languages: Sequence[str],
        number: int | None,
        control: Control | None = None,
        seed: int = 0,
    ):
        self._kept, self._number = kept, number
        self._languages = tuple(languages)
        self.exchange: Exchange | None = None
        if control == "shuffled":
            counts = [kept.counts([language], number, slice(None)) for language in self._languages]
            self.exchange = drawn_exchange(QueryNumbers.of_counts(np.stack(counts, axis=1)), seed)
        self._mean = self.mean() if control == "mean" else None

    def mean(self) -> Vectors:
        """The mean query vector: float32, shape (d,); of the sample that the builder takes it of."""
        partners = None if self.exchange is None else self.exchange.partners
        return self._kept.mean(self._languages, self._number, partners).astype(np.float32)

    def direction(self) -> Vectors:
        """The mean query direction: float32, shape (d,), of unit length."""
        return unit(self.mean())

    def total(self, rows: slice) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """The sums of some passages over all languages, and how many vectors they hold: shapes (n, d) and (n,)."""
        taken = self._taken(rows)
        counts = self._kept.counts(self._languages, self._number, taken)
        if self._mean is not None:
            return counts[:, None].astype(np.float32) * self._mean, counts
        return self._kept.queries(self._languages, self._number, taken), counts

    def by_language(self, rows: slice, first: int | None = None) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """The same of each language, or of its first so many queries: shapes (languages, n, d) and (languages, n)."""
        taken = self._taken(rows)
        number = self._number
        if first is not None:
            number = self._kept.number(first if number is None else min(first, number))
        counts = np.stack([self._kept.counts([each], number, taken) for each in self._languages])
        if self._mean is not None:
            return counts[:, :, None].astype(np.float32) * self._mean, counts
        return np.stack([self._kept.queries([each], number, taken) for each in self._languages]), counts

    def _taken(self, rows: slice) -> slice | npt.NDArray[np.int64]:
        return rows if self.exchange is None else self.exchange.partners[rows]
