"""Selection of settings on other questions than they are reported on: a dev set, or cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.comparison.clusters import Clusters, find_clusters
from pyserini_xqg.evaluation.comparison.significance import ROUNDING
from pyserini_xqg.evaluation.sweep.grid import ALL, Point, Rule

T = TypeVar("T")
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GridValues:
    """What some settings reach on each question.

    Attributes
    ----------
    points : sequence of Point
    questions : mapping
        Language to the ids of its questions.
    values : mapping
        Measure to language to an array of shape (points, questions); NaN where a question does not count.
    """

    points: Sequence[Point]
    questions: Mapping[str, Sequence[str]]
    values: Mapping[str, Mapping[str, Values]]

    @cached_property
    def _means(self) -> dict[str, dict[str, Values]]:
        return {
            measure: {
                language: np.nanmean(values, axis=1)
                for language, values in by_language.items()
                if not np.isnan(values).all()
            }
            for measure, by_language in self.values.items()
        }

    def means(self, measure: str) -> dict[str, Values]:
        """Each point's mean over the questions of each language that has some that count."""
        return self._means[measure]

    def macro(self, measure: str) -> Values:
        """Each point's mean over the languages, each weighing the same.

        Raises
        ------
        InvalidInput
            No question counts.
        """
        means = list(self.means(measure).values())
        if not means:
            raise InvalidInput(
                f"none of the questions counts for {measure}; qrels (for R@kt: a gold file) of the same ids are "
                "expected"
            )
        return np.asarray(np.mean(means, axis=0))

    def counted(self, measure: str) -> dict[str, int]:
        """How many questions of each language count."""
        values = self.values[measure]
        return {language: int((~np.isnan(values[language][0])).sum()) for language in self.means(measure)}

    def of(self, languages: Collection[str]) -> GridValues:
        """The same of some languages."""
        questions = {language: ids for language, ids in self.questions.items() if language in languages}
        values = {
            measure: {language: array for language, array in by_language.items() if language in languages}
            for measure, by_language in self.values.items()
        }
        return GridValues(self.points, questions, values)

    def some(self, columns: Mapping[str, npt.NDArray[np.bool_]]) -> GridValues:
        """The same of some questions: one truth value each."""
        questions = {
            language: [each for each, taken in zip(ids, columns[language], strict=True) if taken]
            for language, ids in self.questions.items()
        }
        values = {
            measure: {language: array[:, columns[language]] for language, array in by_language.items()}
            for measure, by_language in self.values.items()
        }
        return GridValues(self.points, questions, values)


def choose(
    values: GridValues,
    measure: str,
    among: Sequence[int] | None = None,
    rule: Rule = "best",
    clusters: Clusters | None = None,
) -> int:
    """The number of the point to take.

    ``best``: the one with the best mean over the languages; the first of equally good ones, which is the plain index or
    has the smaller alpha. ``simplest``: of all whose mean is within one standard error of the best, the simplest. The
    error is that of the difference to the best, between clusters of questions. (The rule of Breiman and others, 1984,
    for trees: the best of many is the one that chance favours most.) Simple is, in this order: an index that does fewer
    things that the plain one does not (queries, hubness, unit length, some languages or some queries only, a weight for
    each language), the smaller alpha, the smaller share of hubness, all languages, the first of the grid.

    Parameters
    ----------
    values : GridValues
    measure : str
    among : sequence of int, optional
        The numbers of the points to choose from, rising; all unless given.
    rule : {"best", "simplest"}
    clusters : Clusters, optional
        Found from the questions' ids unless given.
    """
    numbers = np.arange(len(values.points)) if among is None else np.asarray(among)
    macro = values.macro(measure)[numbers]
    best = int(np.flatnonzero(macro >= macro.max() - ROUNDING)[0])
    if rule == "best":
        return int(numbers[best])
    errors = _standard_errors(values, measure, numbers, best, clusters or find_clusters(values.questions))
    near = numbers[np.flatnonzero(macro >= macro[best] - errors - ROUNDING)].tolist()
    return int(min(near, key=lambda number: (*_simplicity(values.points[number]), number)))


def _simplicity(point: Point) -> tuple[float, ...]:
    return point.steps, point.alpha, point.hubness, point.subset != ALL


def _standard_errors(
    values: GridValues, measure: str, numbers: npt.NDArray[np.intp], best: int, clusters: Clusters
) -> Values:
    """Of the difference of each point's mean over the languages to that of the best one, between clusters."""
    of_questions = clusters.numbers(values.questions)
    parts, groups = [], []
    languages = values.means(measure)
    for language in languages:
        rows = values.values[measure][language][numbers]
        counted = ~np.isnan(rows[0])
        differences = rows[:, counted] - rows[best, counted]
        residuals = differences - differences.mean(axis=1, keepdims=True)
        parts.append(residuals / (counted.sum() * len(languages)))
        groups.append(of_questions[language][counted])
    cluster = np.unique(np.concatenate(groups), return_inverse=True)[1]
    size = int(cluster.max()) + 1
    member = coo_array((np.ones(len(cluster)), (np.arange(len(cluster)), cluster)), shape=(len(cluster), size)).tocsr()
    sums = np.asarray(np.concatenate(parts, axis=1) @ member)
    errors: Values = np.sqrt((sums**2).sum(axis=1) * size / max(1, size - 1))
    # Of one cluster nothing is known of how questions vary, so that nothing is known to be better than the simplest.
    return errors if size > 1 else np.full(len(numbers), np.inf)


def folds_of(
    values: GridValues, folds: int, seed: int, clusters: Clusters | None = None
) -> dict[str, npt.NDArray[np.intp]]:
    """The fold of each question: clusters, those of the same languages together, shuffled and dealt out in turn.

    A question's translations, and other questions of its passage, would tell of it if they were in other folds.

    Parameters
    ----------
    values : GridValues
    folds, seed : int
    clusters : Clusters, optional
        Found from the questions' ids unless given.

    Raises
    ------
    UsageError
        Fewer than two folds, or more than there are clusters.
    """
    numbers = (clusters or find_clusters(values.questions)).numbers(values.questions)
    languages: dict[int, list[str]] = {}
    for language, of_language in numbers.items():
        for cluster in np.unique(of_language).tolist():
            languages.setdefault(cluster, []).append(language)
    if not 2 <= folds <= len(languages):
        raise UsageError(
            f"{folds} folds: from 2 to {len(languages)}, the clusters of questions, are expected; or choose on "
            "questions of their own (--dev-topics)"
        )
    # A stable order: by languages, and within them by chance.
    order = sorted(np.random.default_rng(seed).permutation(len(languages)).tolist(), key=lambda each: languages[each])
    fold = np.empty(len(order), dtype=np.intp)
    fold[order] = np.arange(len(order)) % folds
    return {language: fold[of_language] for language, of_language in numbers.items()}


def cross_validated(
    values: GridValues,
    measure: str,
    folds: int,
    seed: int,
    among: Sequence[int] | None = None,
    clusters: Clusters | None = None,
    rule: Rule = "best",
) -> tuple[list[int], dict[str, list[int]]]:
    """Choose for each fold on the questions of all others, from some of the points if `among` is given.

    Returns
    -------
    list of int
        The number of each fold's point.
    dict
        Language to the number of each question's point, which no question of its fold had a part in choosing.
    """
    chosen, numbers = over_folds(
        values, folds, seed, clusters, lambda others: choose(others, measure, among, rule, clusters)
    )
    return chosen, {language: [chosen[fold] for fold in own] for language, own in numbers.items()}


def over_folds(
    values: GridValues, folds: int, seed: int, clusters: Clusters | None, chooser: Callable[[GridValues], T]
) -> tuple[list[T], dict[str, npt.NDArray[np.intp]]]:
    """What is chosen for each fold on the questions of all others, and the fold of each question."""
    numbers = folds_of(values, folds, seed, clusters)
    chosen = [
        chooser(values.some({language: own != fold for language, own in numbers.items()})) for fold in range(folds)
    ]
    return chosen, numbers
