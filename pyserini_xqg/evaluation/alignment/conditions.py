"""Conditions of an alignment: the English vectors plain, with queries, and with controls of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.datasets.parallel import ParallelText
from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.evaluation.alignment.pair_measures import ACCURACY, MEASURES, Values, pair_values
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings
from pyserini_xqg.evaluation.alignment.vectors import PLAIN
from pyserini_xqg.evaluation.comparison.clusters import Clusters
from pyserini_xqg.evaluation.sweep.grid import Point, languages_that_count
from pyserini_xqg.evaluation.sweep.selection import GridValues, cross_validated
from pyserini_xqg.indexing.exchange import exchange
from pyserini_xqg.indexing.formula import augment, finish, unit
from pyserini_xqg.indexing.settings import AugmentationSettings

CONTROLS = ("shuffled", "mean", "hubness")
# Shares of the mean query direction to choose from for the last of them; 0, the plain vectors, is among them.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)

ByLanguage = Mapping[str, Values]


class QuerySums(Protocol):
    """Sums of the English sentences' query vectors, as an index with kept vectors has them."""

    @property
    def languages(self) -> Sequence[str]:
        """Of the queries."""

    def queries(self, languages: Iterable[str], number: int | None, rows: slice) -> Vectors:
        """The sums of the queries in some languages: float32, shape (rows, d)."""

    def counts(self, languages: Iterable[str], number: int | None, rows: slice) -> npt.NDArray[np.int64]:
        """How many queries each sum holds."""


class PairVectors:
    """The vectors of the pairs of each language, and what they reach with queries added."""

    def __init__(
        self,
        text: ParallelText,
        english: Vectors,
        others: Mapping[str, Vectors],
        settings: AlignmentSettings,
        device: str,
    ):
        self.settings = settings
        self.rows = {language: np.array([pair.row for pair in pairs]) for language, pairs in text.pairs.items()}
        self.questions = {
            language: [f"{language}:{text.english[pair.row].id}" for pair in pairs]
            for language, pairs in text.pairs.items()
        }
        self._english = english
        self._others = others
        self._device = device

    def plain(self, similarity: str) -> dict[str, ByLanguage]:
        """Measure to language to values."""
        return _turned(
            {
                language: pair_values(self._english[rows], self._others[language], similarity, self._device)
                for language, rows in self.rows.items()
            }
        )

    def augmented(
        self, similarity: str, kept: QuerySums, subset: str, control: str | None, alphas: Sequence[float]
    ) -> dict[str, ByLanguage]:
        """Measure to language to values of shape (alphas, pairs)."""
        found: dict[str, dict[str, Values]] = {}
        for language, rows in self.rows.items():
            counted = languages_that_count(subset, language, kept.languages)
            sums, counts = _controlled(kept, counted, control, self.settings.seed)
            of_alphas = []
            for alpha in alphas:
                augmentation = AugmentationSettings(alpha=alpha, aggregate=self.settings.aggregate)
                # Without any query there is nothing to weigh.
                weighted = (
                    augment(self._english[rows], sums[rows], counts[rows], augmentation)
                    if counted
                    else self._english[rows]
                )
                of_alphas.append(pair_values(weighted, self._others[language], similarity, self._device))
            found[language] = _stacked(of_alphas)
        return _turned(found)

    def without_hubs(
        self, similarity: str, kept: QuerySums, subset: str, shares: Sequence[float]
    ) -> dict[str, ByLanguage]:
        """The same of plain vectors, less a share of the direction of the mean query: of shape (shares, pairs)."""
        found: dict[str, dict[str, Values]] = {}
        for language, rows in self.rows.items():
            sums, _ = _controlled(kept, languages_that_count(subset, language, kept.languages), None, 0)
            total = sums.sum(axis=0, dtype=np.float64)
            of_shares = []
            for share in shares:
                # Without any query there is no direction.
                settings = AugmentationSettings(alpha=0, reduce_hubness=share if total.any() else 0)
                direction = unit(total) if total.any() else None
                reduced = finish(self._english[rows], settings, direction)
                of_shares.append(pair_values(reduced, self._others[language], similarity, self._device))
            found[language] = _stacked(of_shares)
        return _turned(found)


def conditions(
    pairs: PairVectors, similarity: str, kept: Mapping[str, QuerySums], clusters: Clusters
) -> tuple[dict[str, dict[str, ByLanguage]], dict[str, list[float]], dict[str, list[float]]]:
    """What each condition reaches: plain, each source of queries, and its controls.

    The controls with queries are at the weights of theirs; ``hubness``, which has none, at shares of its own, chosen in
    the same way.

    Parameters
    ----------
    pairs : PairVectors
    similarity : str
    kept : mapping
        Source of queries to their vectors.
    clusters : Clusters
        Of the pairs; dealt out to folds whole.

    Returns
    -------
    dict
        Condition to measure to language to an array of shape (pairs,).
    dict
        Condition with queries to the weight of each fold.
    dict
        The same to the share of hubness of each fold.
    """
    settings = pairs.settings
    found: dict[str, dict[str, ByLanguage]] = {PLAIN: pairs.plain(similarity)}
    chosen: dict[str, list[float]] = {}
    shares: dict[str, list[float]] = {}
    points = [Point(alpha=alpha) for alpha in settings.weights]
    of_shares = [Point(hubness=share) for share in SHARES]

    def choose(
        among: Sequence[Point], values: Mapping[str, ByLanguage]
    ) -> tuple[Sequence[int], Mapping[str, list[int]]]:
        grid = GridValues(among, pairs.questions, {ACCURACY: values[ACCURACY]})
        return cross_validated(grid, ACCURACY, settings.folds, settings.seed, clusters=clusters)

    for name, vectors in kept.items():
        for subset in settings.subsets:
            condition = name if len(settings.subsets) == 1 else f"{name} {subset}"
            own = pairs.augmented(similarity, vectors, subset, None, settings.weights)
            of_folds, of_questions = choose(points, own)
            chosen[condition] = [settings.weights[number] for number in of_folds]
            found[condition] = _taken(own, of_questions)
            used = sorted(set(of_folds))
            places = {language: [used.index(each) for each in numbers] for language, numbers in of_questions.items()}
            for control in ("shuffled", "mean"):
                weights = [settings.weights[number] for number in used]
                found[f"{condition} {control}"] = _taken(
                    pairs.augmented(similarity, vectors, subset, control, weights), places
                )
            reduced = pairs.without_hubs(similarity, vectors, subset, SHARES)
            of_folds, of_questions = choose(of_shares, reduced)
            shares[condition] = [SHARES[number] for number in of_folds]
            found[f"{condition} hubness"] = _taken(reduced, of_questions)
    return found, chosen, shares


def _controlled(
    kept: QuerySums, languages: Sequence[str], control: str | None, seed: int
) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """The sums and counts of the queries, or of a control of them: see :class:`AugmentationSettings`."""
    sums, counts = kept.queries(languages, None, slice(None)), kept.counts(languages, None, slice(None))
    if control == "shuffled" and languages:
        each = np.stack([kept.counts([language], None, slice(None)) for language in languages], axis=1)
        partners = exchange(QueryNumbers.of_counts(each), seed).partners
        return sums[partners], counts[partners]
    if control == "mean":
        mean = (sums.sum(axis=0, dtype=np.float64) / max(1, int(counts.sum()))).astype(np.float32)
        return counts[:, None].astype(np.float32) * mean, counts
    return sums, counts


def _stacked(each: Sequence[Mapping[str, Values]]) -> dict[str, Values]:
    """Measure to values of shape (settings, pairs), from those of each setting."""
    return {measure: np.stack([values[measure] for values in each]) for measure in MEASURES}


def _turned(values: Mapping[str, Mapping[str, Values]]) -> dict[str, ByLanguage]:
    """Measure to language instead of language to measure."""
    return {measure: {language: of[measure] for language, of in values.items()} for measure in MEASURES}


def _taken(values: Mapping[str, ByLanguage], numbers: Mapping[str, Sequence[int]]) -> dict[str, ByLanguage]:
    """Each sentence's value at its own weight."""
    return {
        measure: {
            language: array[numbers[language], np.arange(array.shape[1])] for language, array in by_language.items()
        }
        for measure, by_language in values.items()
    }
