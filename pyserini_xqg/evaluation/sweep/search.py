"""Search for every point of a grid at once, in one pass over the kept vectors.

A score is linear, <q, v> = (1 - alpha) <q, p> + alpha <q, s>, and so is hubness reduction. Per block of passages <q, p>
is computed once and <q, s> once for each choice of queries; points that differ in alpha, or in hubness, only combine
them. At unit length a score is divided by the length of v, which follows from inner products of p and s::

    |v|^2 = (1 - alpha)^2 <p, p> + 2 alpha (1 - alpha) <p, s> + alpha^2 <s, s>

Where languages have weights of their own, the vectors of a block are made and scored as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Family, Grid, Point
from pyserini_xqg.evaluation.sweep.top_passages import TopPassages
from pyserini_xqg.indexing.formula import augment_by_language, lengths_of, means_or_passages
from pyserini_xqg.indexing.kept_queries import KeptQueries
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import Aggregate, Control

# The first block is looked through whole, for every alpha. The larger the later ones, the fewer passages of them can
# still be among the best.
FIRST_BLOCK, BLOCK, GROWTH = 1024, 8192, 4
QUESTIONS_AT_ONCE = 64
# For more questions, and for more best passages of all points than this takes, the vectors are read once more.
QUESTIONS_A_PASS = 4096
STATE_BYTES = 1 << 30


@dataclass(frozen=True)
class BestPassages:
    """The best passages of some questions of one language.

    Attributes
    ----------
    questions : slice
        Which, of the language's.
    rows : int64 array of shape (points, questions, depth)
        BestPassages first; those that tie by row.
    scores : float32 array of the same shape
    """

    questions: slice
    rows: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


class SweepSearch:
    """Searches for all points of a grid at once.

    Parameters
    ----------
    kept : KeptVectors
    grid : Grid
    aggregate : {"sum", "mean"}
    depth : int
        How many passages to find.
    direction : float32 array of shape (d,) or None
        The mean query direction for hubness reduction; None: that of the generated queries of each point.
    control : {"shuffled", "mean"} or None
        Search the control of each point instead.
    """

    def __init__(
        self,
        kept: KeptVectors,
        grid: Grid,
        aggregate: Aggregate = "sum",
        depth: int = 100,
        direction: Vectors | None = None,
        control: Control | None = None,
    ):
        self._kept = kept
        self._grid = grid
        self._aggregate = aggregate
        self._depth = min(depth, kept.rows)
        self._direction = direction
        self._control: Control | None = control
        self._queries: dict[tuple[tuple[str, ...], int | None], KeptQueries] = {}
        self._directions: dict[tuple[tuple[str, ...], int | None], torch.Tensor] = {}

    def search(self, questions: Mapping[str, Vectors]) -> Iterator[tuple[str, BestPassages]]:
        """The best passages of each language's questions, a number of questions at a time.

        Parameters
        ----------
        questions : mapping
            Language to vectors.
        """
        at_once = min(QUESTIONS_A_PASS, STATE_BYTES // (len(self._grid.points) * self._depth * 8))
        waiting: list[tuple[str, slice]] = []
        for language, vectors in questions.items():
            for start in range(0, len(vectors), QUESTIONS_AT_ONCE):
                waiting.append((language, slice(start, min(len(vectors), start + QUESTIONS_AT_ONCE))))
        step = max(1, at_once // QUESTIONS_AT_ONCE)
        for first in range(0, len(waiting), step):
            yield from self._search(waiting[first : first + step], questions)

    def _search(
        self, chunks: Sequence[tuple[str, slice]], questions: Mapping[str, Vectors]
    ) -> Iterator[tuple[str, BestPassages]]:
        """One pass over the corpus."""
        asked = [torch.from_numpy(np.ascontiguousarray(questions[language][part])) for language, part in chunks]
        tops = [
            [TopPassages(len(each), self._depth, family.alphas) for family in self._grid.families] for each in asked
        ]
        for start, end in self._blocks():
            passages = torch.from_numpy(self._kept.passages(start, end))
            plain = [each @ passages.T for each in asked]
            for scores, (top, *_) in zip(plain, tops, strict=True):
                top.add(scores, scores, start)
            for (languages, number), wanted in self._choices(chunks).items():
                kept = self._queries_of(languages, number)
                of_block = _Block(kept, self._aggregate, passages, languages, slice(start, end))
                for position, families in wanted:
                    vectors = asked[position]
                    queries = vectors @ of_block.sums.T
                    for family in families:
                        first = self._grid.families[family].points[0]
                        vector_pair, pair = (passages, of_block.sums), (plain[position], queries)
                        if first.alphas:
                            made = of_block.weighted(first)
                            scores = vectors @ made.T
                            vector_pair, pair = (made, made), (scores, scores)
                        if first.hubness:
                            direction = self._direction_of(languages, number)
                            along = vectors @ direction
                            one, other = (
                                torch.addr(scores, along, each @ direction, alpha=-first.hubness)
                                for scores, each in zip(pair, vector_pair, strict=True)
                            )
                            pair = one, other
                        lengths = of_block.lengths(self._grid.families[family]) if first.normalize else None
                        tops[position][family].add(*pair, start, lengths)
        for (language, part), of_chunk in zip(chunks, tops, strict=True):
            # Without queries in any language a passage has its plain vector.
            found = [
                of_chunk[position if self._languages(family, language) else 0].result(len(family.points))
                for position, family in enumerate(self._grid.families)
            ]
            rows, values = zip(*found, strict=True)
            yield language, BestPassages(part, np.concatenate(rows), np.concatenate(values))

    def _blocks(self) -> Iterator[tuple[int, int]]:
        start, size = 0, max(FIRST_BLOCK, self._depth)
        while start < self._kept.rows:
            end = min(self._kept.rows, start + size)
            yield start, end
            start, size = end, max(size, min(BLOCK, size * GROWTH))

    def _choices(
        self, chunks: Sequence[tuple[str, slice]]
    ) -> dict[tuple[tuple[str, ...], int | None], list[tuple[int, list[int]]]]:
        """Which chunks need the queries of which languages, for which families."""
        wanted: dict[tuple[tuple[str, ...], int | None], dict[int, list[int]]] = {}
        for position, (language, _) in enumerate(chunks):
            for number, family in enumerate(self._grid.families):
                if family.points[0] != PLAIN and (languages := self._languages(family, language)):
                    choice = wanted.setdefault((languages, family.points[0].num_queries), {})
                    choice.setdefault(position, []).append(number)
        return {choice: list(by_chunk.items()) for choice, by_chunk in wanted.items()}

    def _languages(self, family: Family, asked: str) -> tuple[str, ...]:
        return self._grid.chosen_languages(family.points[0], asked)

    def _queries_of(self, languages: tuple[str, ...], number: int | None) -> KeptQueries:
        if (languages, number) not in self._queries:
            self._queries[languages, number] = KeptQueries(self._kept, languages, number, self._control)
        return self._queries[languages, number]

    def _direction_of(self, languages: tuple[str, ...], number: int | None) -> torch.Tensor:
        if (languages, number) not in self._directions:
            given = self._direction
            found = self._queries_of(languages, number).direction() if given is None else given
            self._directions[languages, number] = torch.from_numpy(found)
        return self._directions[languages, number]


class _Block:
    """A block of passages with the queries of some languages."""

    def __init__(
        self,
        queries: KeptQueries,
        aggregate: Aggregate,
        passages: torch.Tensor,
        languages: tuple[str, ...],
        rows: slice,
    ):
        self._queries, self._aggregate, self._passages = queries, aggregate, passages
        self._languages, self._rows = languages, rows
        sums, counts = queries.total(rows)
        if aggregate == "mean":
            sums = means_or_passages(passages.numpy(), sums, counts)
        self.sums = torch.from_numpy(sums)

    @cached_property
    def _products(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """<p, p>, <p, s> and <s, s> of each passage, float64."""
        pairs = (self._passages, self._passages), (self._passages, self.sums), (self.sums, self.sums)
        one, both, other = (torch.einsum("ij,ij->i", a.double(), b.double()) for a, b in pairs)
        return one, both, other

    def weighted(self, point: Point) -> torch.Tensor:
        """The vectors of a point where languages have weights of their own."""
        settings = point.augmentation(self._aggregate, self._languages)
        sums, counts = self._queries.by_language(self._rows)
        made = augment_by_language(self._passages.numpy(), sums, counts, self._languages, settings)
        return torch.from_numpy(made)

    def lengths(self, family: Family) -> torch.Tensor:
        """The lengths of the vectors at each alpha: shape (alphas, n)."""
        if family.points[0].alphas:
            return torch.from_numpy(lengths_of(self.weighted(family.points[0]).numpy())).float()[None]
        one, both, other = self._products
        alphas = torch.tensor(family.alphas, dtype=torch.float64)[:, None]
        squares = (1 - alphas) ** 2 * one + 2 * alphas * (1 - alphas) * both + alphas**2 * other
        return squares.clamp(min=0).sqrt().float().clamp(min=torch.finfo(torch.float32).tiny)
