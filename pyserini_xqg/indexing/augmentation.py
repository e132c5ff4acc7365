"""Augmentation of the passages of an index, part by part: their vectors, their queries' sums, the two together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.encoding.batches import Batch
from pyserini_xqg.encoding.encoder import Progress, TextEncoder, Vectors, no_progress
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.indexing.exchange import Exchange
from pyserini_xqg.indexing.formula import augment_by_language, finish
from pyserini_xqg.indexing.lengths import Sums, sums_of_lengths
from pyserini_xqg.indexing.passage_source import PassageSource
from pyserini_xqg.indexing.pipeline import one_ahead
from pyserini_xqg.indexing.settings import AugmentationSettings


@dataclass(frozen=True)
class TokenizedPart:
    """A part that was read and tokenized.

    Attributes
    ----------
    number, start : int
        Its own and that of its first row.
    ids : list of str
    passages : object
        What :meth:`PassageSource.begin` needs.
    counts : int64 array of shape (languages, n)
        How many queries the passages have.
    query_sums : int64 array of shape (queries,)
        To which of the sums, by language and passage, each query belongs.
    query_places : int64 array of shape (queries,)
        Which of its passage and language a query is, from 0 on.
    queries : list of Batch
    """

    number: int
    start: int
    ids: list[str]
    passages: Any
    counts: npt.NDArray[np.int64]
    query_sums: npt.NDArray[np.int64]
    query_places: npt.NDArray[np.int64]
    queries: list[Batch]


@dataclass(frozen=True)
class AugmentedPart:
    """A part that was computed.

    Attributes
    ----------
    number, start : int
        Its own and that of its first row.
    vectors : float32 array of shape (n, d)
        As they go into the index.
    passages : float32 array of shape (n, d)
    sums : float32 array of shape (languages, n, d)
        Of the query vectors.
    counts : int64 array of shape (languages, n)
        How many queries each sum holds.
    first_sums : float32 array of shape (len(keep_first), languages, n, d)
        Of the first so many queries of each language.
    lengths : mapping
        Sums of the lengths of passages and augmented vectors, see :mod:`pyserini_xqg.indexing.lengths`.
    """

    number: int
    start: int
    vectors: Vectors
    passages: Vectors
    sums: Vectors
    counts: npt.NDArray[np.int64]
    first_sums: Vectors
    lengths: Sums


class Augmenter:
    """Augments passages.

    Parameters
    ----------
    augmentation : AugmentationSettings
    encoder : TextEncoder
        Of passages and generated queries.
    source : PassageSource
    lookup : QueryLookup
        Filled.
    languages : sequence of str
        Whose queries count.
    keep_vectors : bool
        Whether everything has to be computed, also what the index itself does not need.
    mean : float32 array of shape (d,) or None
        The mean query vector, for the mean control.
    direction : float32 array of shape (d,) or None
        The mean query direction, for hubness reduction.
    keep_first : sequence of int
        Numbers of queries whose sums have to be computed too.
    exchange : Exchange or None
        For the shuffled control.
    """

    def __init__(
        self,
        augmentation: AugmentationSettings,
        encoder: TextEncoder,
        source: PassageSource,
        lookup: QueryLookup,
        languages: Sequence[str],
        keep_vectors: bool = False,
        mean: Vectors | None = None,
        direction: Vectors | None = None,
        keep_first: Sequence[int] = (),
        exchange: Exchange | None = None,
    ):
        self._augmentation = augmentation
        self._encoder = encoder
        self._source = source
        self._lookup = lookup
        self._languages = list(languages)
        self._needs_queries = augmentation.alpha > 0 or keep_vectors
        self._needs_passages = augmentation.alpha < 1 or keep_vectors
        self._mean = mean
        self._direction = direction
        self._keep_first = tuple(keep_first)
        self._exchange = exchange

    def tokenized(self, numbers: Iterable[int]) -> Generator[TokenizedPart, None, None]:
        """Parts by number, in rising order; each is read and tokenized while the caller has the one before."""
        return one_ahead(self._tokenized(numbers))

    def augmented(self, part: TokenizedPart, progress: Progress = no_progress) -> AugmentedPart:
        """Compute a part, see :meth:`begin`."""
        return self.begin(part, progress)()

    def begin(self, part: TokenizedPart, progress: Progress = no_progress) -> Callable[[], AugmentedPart]:
        """Hand a part to the device.

        Parameters
        ----------
        part : TokenizedPart
        progress : callable
            Is told how many more passages are done, little by little as their texts and queries are encoded.

        Returns
        -------
        callable
            Waits for the device and computes the rest, in any thread. It raises InvalidInput where a vector is not
            finite.
        """
        steps = _Steps(progress, len(part.ids), len(part.ids) + len(part.query_sums))
        passages = sums = None
        if self._needs_passages or (self._augmentation.aggregate == "mean" and not part.counts.any(axis=0).all()):
            passages = self._source.begin(self._encoder, part.passages, steps.encoded)
        if part.queries:
            # Of the first queries alone, those that come later go into one more row, which is not looked at.
            late = part.counts.size
            of_first = [np.where(part.query_places < first, part.query_sums, late) for first in self._keep_first]
            places = np.stack([part.query_sums, *of_first])
            sums = self._encoder.begin_sums(part.queries, places, late + 1, steps.encoded)
        steps.finish()
        return lambda: self._finished(part, passages, sums)

    def _finished(
        self, part: TokenizedPart, passages: Callable[[], Vectors] | None, sums: Callable[[], Vectors] | None
    ) -> AugmentedPart:
        shape = *part.counts.shape, self._encoder.dimension
        of_passages = np.zeros(shape[1:], dtype=np.float32) if passages is None else passages()
        if sums is None:
            of_queries = np.zeros((1 + len(self._keep_first), *shape), dtype=np.float32)
        else:
            of_queries = sums()[:, :-1].reshape((-1, *shape))
        if self._augmentation.control == "mean":
            assert self._mean is not None
            limits: tuple[float, ...] = (np.inf, *self._keep_first)
            for limit, of_limit in zip(limits, of_queries, strict=True):
                of_limit += np.minimum(part.counts, limit)[:, :, None].astype(np.float32) * self._mean
        made = assembled(
            part.number,
            part.start,
            of_passages,
            of_queries[0],
            part.counts,
            of_queries[1:],
            self._languages,
            self._augmentation,
            self._direction,
        )
        broken = np.flatnonzero(~np.isfinite(made.vectors).all(axis=1))
        if len(broken):
            raise InvalidInput(
                f"the vector of passage {part.ids[broken[0]]!r} is not finite (NaN or infinite), as are "
                f"{len(broken) - 1} more of {len(part.ids)}; "
                "does the model overflow in this dtype? Try --dtype float32 or bfloat16, and check the model's weights"
            )
        return made

    def _tokenized(self, numbers: Iterable[int]) -> Iterator[TokenizedPart]:
        for number, ids, ready in self._source.parts(self._encoder, numbers):
            start = number * self._source.part_size
            texts: list[str] = []
            counts = np.zeros((len(self._languages), len(ids)), dtype=np.int64)
            if self._languages and self._needs_queries:
                for row, record in enumerate(self._lookup.queries_of(self._queries_rows(start, start + len(ids)))):
                    if record is not None:
                        for position, language in enumerate(self._languages):
                            own = record.queries.get(language, ())[: self._augmentation.num_queries]
                            texts += own
                            counts[position, row] = len(own)
            skip = self._augmentation.control == "mean"
            batches = [] if skip else self._encoder.tokenize(texts, "query")
            yield TokenizedPart(number, start, ids, ready, counts, *_query_places(counts), batches)

    def _queries_rows(self, start: int, end: int) -> Iterable[int]:
        """Whose queries some passages get."""
        if self._exchange is None:
            return range(start, end)
        partners: list[int] = self._exchange.partners[start:end].tolist()
        return partners


def assembled(
    number: int,
    start: int,
    passages: Vectors,
    sums: Vectors,
    counts: npt.NDArray[np.int64],
    first_sums: Vectors,
    languages: Sequence[str],
    augmentation: AugmentationSettings,
    direction: Vectors | None,
) -> AugmentedPart:
    """A part of vectors that are there; see :class:`AugmentedPart`."""
    vectors = augment_by_language(passages, sums, counts, languages, augmentation)
    lengths = sums_of_lengths(passages, vectors, counts.sum(axis=0) > 0)
    return AugmentedPart(
        number, start, finish(vectors, augmentation, direction), passages, sums, counts, first_sums, lengths
    )


class _Steps:
    """Tells of a part's passages, as many of them as there are texts encoded of all."""

    def __init__(self, progress: Progress, passages: int, texts: int):
        self._progress = progress
        self._passages = passages
        self._texts = texts
        self._encoded = self._told = 0

    def encoded(self, texts: int) -> None:
        self._encoded += texts
        self._tell(self._passages * self._encoded // self._texts)

    def finish(self) -> None:
        self._tell(self._passages)

    def _tell(self, passages: int) -> None:
        if passages > self._told:
            self._progress(passages - self._told)
            self._told = passages


def _query_places(counts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of queries by passage and, in each, by language: the sums they belong to, and which of the same sum they are."""
    by_passage = counts.T.ravel()
    sums = np.repeat(np.arange(counts.size).reshape(counts.shape).T.ravel(), by_passage)
    starts = np.cumsum(by_passage) - by_passage
    return sums, np.arange(by_passage.sum()) - np.repeat(starts, by_passage)
