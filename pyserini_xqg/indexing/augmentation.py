"""Augmentation of the passages of an index, part by part: their vectors, their queries' sums, the two together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.queries import chosen_queries
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.encoding.encoder import Batch, Progress, TextEncoder, Vectors, no_progress
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.indexing.exchange import Exchange
from pyserini_xqg.indexing.formula import augment_by_language, finish
from pyserini_xqg.indexing.lengths import Sums, sums_of_lengths
from pyserini_xqg.indexing.passage_source import PassageSource
from pyserini_xqg.indexing.settings import AugmentationSettings

T = TypeVar("T")


@dataclass(frozen=True)
class TokenizedPart:
    """A part that was read and tokenized."""

    number: int
    start: int
    ids: list[str]
    passages: Any
    query_rows: npt.NDArray[np.intp]
    query_languages: npt.NDArray[np.intp]
    query_places: npt.NDArray[np.intp]
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

    def tokenized(self, numbers: Iterable[int]) -> Iterator[TokenizedPart]:
        """Parts by number, in rising order; each is read and tokenized while the caller has the one before."""
        return _one_ahead(self._tokenized(numbers))

    def augmented(self, part: TokenizedPart, progress: Progress = no_progress) -> AugmentedPart:
        """Compute a part.

        Parameters
        ----------
        part : TokenizedPart
        progress : callable
            Is told how many more passages are done, little by little as their texts and queries are encoded.

        Raises
        ------
        InvalidInput
            A vector is not finite.
        """
        size, dimension = len(part.ids), self._encoder.dimension
        steps = _Steps(progress, size, size + len(part.query_rows))
        counts = np.zeros((len(self._languages), size), dtype=np.int64)
        np.add.at(counts, (part.query_languages, part.query_rows), 1)
        queried = counts.sum(axis=0)
        if self._needs_passages or (self._augmentation.aggregate == "mean" and not queried.all()):
            passages = self._source.vectors(self._encoder, size, part.passages, steps.encoded)
        else:
            passages = np.zeros((size, dimension), dtype=np.float32)
        sums = np.zeros((len(self._languages), size, dimension), dtype=np.float32)
        first_sums = np.zeros((len(self._keep_first), *sums.shape), dtype=np.float32)
        if self._augmentation.control == "mean":
            assert self._mean is not None
            sums += counts[:, :, None].astype(np.float32) * self._mean
            for number, first in zip(self._keep_first, first_sums, strict=True):
                first += np.minimum(counts, number)[:, :, None].astype(np.float32) * self._mean
        else:
            for rows, values in self._encoder.embed(part.queries, steps.encoded):
                np.add.at(sums, (part.query_languages[rows], part.query_rows[rows]), values)
                for number, first in zip(self._keep_first, first_sums, strict=True):
                    early = part.query_places[rows] < number
                    own = rows[early]
                    np.add.at(first, (part.query_languages[own], part.query_rows[own]), values[early])
        made = assembled(
            part.number,
            part.start,
            passages,
            sums,
            counts,
            first_sums,
            self._languages,
            self._augmentation,
            self._direction,
        )
        broken = np.flatnonzero(~np.isfinite(made.vectors).all(axis=1))
        if len(broken):
            raise InvalidInput(
                f"the vector of passage {part.ids[broken[0]]!r} is not finite (NaN or infinite), as are "
                f"{len(broken) - 1} more of {size}; "
                "does the model overflow in this dtype? Try --dtype float32 or bfloat16, and check the model's weights"
            )
        steps.finish()
        return made

    def _tokenized(self, numbers: Iterable[int]) -> Iterator[TokenizedPart]:
        for number, ids, ready in self._source.parts(self._encoder, numbers):
            start = number * self._source.part_size
            texts: list[str] = []
            rows: list[int] = []
            languages: list[int] = []
            places: list[int] = []
            if self._languages and self._needs_queries:
                for row, record in enumerate(self._lookup.queries_of(self._queries_rows(start, start + len(ids)))):
                    seen = dict.fromkeys(self._languages, 0)
                    for language, text in chosen_queries(record, self._languages, self._augmentation.num_queries):
                        texts.append(text)
                        rows.append(row)
                        languages.append(self._languages.index(language))
                        places.append(seen[language])
                        seen[language] += 1
            skip = self._augmentation.control == "mean"
            batches = [] if skip else self._encoder.tokenize(texts, "query")
            query_rows, query_languages, query_places = (np.asarray(v, np.intp) for v in (rows, languages, places))
            yield TokenizedPart(number, start, ids, ready, query_rows, query_languages, query_places, batches)

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


def _one_ahead(items: Iterator[T]) -> Iterator[T]:
    """`items`, each made in a thread while the caller has the one before."""
    end: Any = object()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="xqg-reader") as reader:
        coming = reader.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = reader.submit(next, items, end)
            yield item
