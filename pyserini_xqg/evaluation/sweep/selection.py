"""Selection of settings on other questions than they are reported on: a dev set, or cross-validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pyserini_xqg.errors import InvalidInput, UsageError
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


def folds_of(values: GridValues, folds: int, seed: int) -> dict[str, npt.NDArray[np.intp]]:
    """The fold of each question: those of each language shuffled and dealt out in turn.

    Raises
    ------
    UsageError
        Fewer than two folds, or a fold without a question.
    """
    largest = max((len(ids) for ids in values.questions.values()), default=0)
    if not 2 <= folds <= largest:
        raise UsageError(
            f"{folds} folds: from 2 to {largest}, the questions of the largest language, are expected; or choose on "
            "questions of their own (--dev-topics)"
        )
    chance = np.random.default_rng(seed)
    return {language: chance.permutation(len(ids)) % folds for language, ids in values.questions.items()}


def cross_validated(
    values: GridValues, measure: str, folds: int, seed: int, among: Sequence[int] | None = None
) -> tuple[list[int], dict[str, list[int]]]:
    """Choose for each fold on the questions of all others, from some of the points if `among` is given.

    Returns
    -------
    list of int
        The number of each fold's point.
    dict
        Language to the number of each question's point, which no question of its fold had a part in choosing.
    """
    numbers = folds_of(values, folds, seed)
    chosen = [
        choose(values.some({language: own != fold for language, own in numbers.items()}), measure, among)
        for fold in range(folds)
    ]
    return chosen, {language: [chosen[fold] for fold in own] for language, own in numbers.items()}
