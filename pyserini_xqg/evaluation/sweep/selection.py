"""Selection of settings on other questions than they are reported on: a dev set, or cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.comparison.clusters import Clusters, find_clusters
from pyserini_xqg.evaluation.comparison.significance import ROUNDING
from pyserini_xqg.evaluation.sweep.grid import Point

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


def choose(values: GridValues, measure: str, among: Sequence[int] | None = None) -> int:
    """The number of the point with the best mean over the languages; the first of equally good ones, which is the
    plain index or has the smaller alpha.

    Parameters
    ----------
    values : GridValues
    measure : str
    among : sequence of int, optional
        The numbers of the points to choose from, rising; all unless given.
    """
    numbers = np.arange(len(values.points)) if among is None else np.asarray(among)
    macro = values.macro(measure)[numbers]
    return int(numbers[np.flatnonzero(macro >= macro.max() - ROUNDING)[0]])


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
) -> tuple[list[int], dict[str, list[int]]]:
    """Choose for each fold on the questions of all others, from some of the points if `among` is given.

    Returns
    -------
    list of int
        The number of each fold's point.
    dict
        Language to the number of each question's point, which no question of its fold had a part in choosing.
    """
    numbers = folds_of(values, folds, seed, clusters)
    chosen = [
        choose(values.some({language: own != fold for language, own in numbers.items()}), measure, among)
        for fold in range(folds)
    ]
    return chosen, {language: [chosen[fold] for fold in own] for language, own in numbers.items()}
