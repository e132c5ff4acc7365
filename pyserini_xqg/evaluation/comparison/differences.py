"""Differences between two runs, language by language, and their tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pyserini_xqg.evaluation.comparison.bootstrap import ResampledMeans, resampled_means
from pyserini_xqg.evaluation.comparison.significance import (
    ROUNDING,
    PairedTest,
    are_single,
    cluster_sums,
    exchanged,
    holm,
    is_binary,
    mcnemar,
    randomisation,
)

Languages = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """A question that one run answers better than the other."""

    question: str
    language: str
    before: float
    after: float


@dataclass(frozen=True)
class LanguageDifference:
    """Two runs on one language's questions.

    Attributes
    ----------
    difference : float
        Of the means.
    test : PairedTest
        Counts, and p values as the tests give them.
    p : float
        Holm-corrected over the languages.
    t_test : float or None
        Likewise, where it is defined.
    interval : tuple of float or None
        Of the difference, as that of a mean (see :class:`MeanDifference`).
    """

    difference: float
    test: PairedTest
    p: float
    t_test: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class MeanDifference:
    """Two runs on several languages, each weighing the same.

    Attributes
    ----------
    languages : int
        How many.
    difference : float
        The mean of the languages' differences.
    interval : tuple of float or None
        Its bootstrap confidence interval (see
        :meth:`~pyserini_xqg.evaluation.comparison.bootstrap.ResampledMeans.interval`); None where a language has fewer
        than two clusters of questions: nothing can be said of how they vary.
    p : float
        Of the randomisation test of that mean, over all its languages at once; not corrected.
    """

    languages: int
    difference: float
    interval: tuple[float, float] | None
    p: float


@dataclass(frozen=True)
class Difference:
    """A run against another one.

    Attributes
    ----------
    run, against : str
        Differences are those of `run` minus those of `against`.
    languages : mapping
    overall : MeanDifference
        Of all languages.
    changes : sequence of ChangedValue
        The questions on which they differ, in the order of languages and questions.
    groups : mapping
        The same as `overall` of groups of languages.
    """

    run: str
    against: str
    languages: Mapping[str, LanguageDifference]
    overall: MeanDifference
    changes: Sequence[ChangedValue]
    groups: Mapping[str, MeanDifference] = field(default_factory=dict)

    def at(self, row: str) -> LanguageDifference | MeanDifference:
        """That of a language, of a group, or else of all languages."""
        return self.languages[row] if row in self.languages else self.groups.get(row, self.overall)

    @property
    def mean(self) -> float:
        """The mean of the languages' differences."""
        return self.overall.difference

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its confidence interval."""
        return self.overall.interval


def differences_of(
    pairs: Sequence[tuple[str, str]],
    columns: Mapping[str, Mapping[str, Sequence[float]]],
    languages: Languages,
    clusters: Mapping[str, npt.NDArray[np.intp]],
    groups: Mapping[str, Sequence[str]],
) -> list[Difference]:
    """Runs against others.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Each a run, and the one that it is held against.
    columns : mapping
        Run to language to the values of its questions.
    languages : mapping
        Language to these questions.
    clusters : mapping
        Language to the number of each question's cluster.
    groups : mapping
        Name to some of the languages.
    """
    if not pairs:
        return []
    rows = {
        language: np.array([np.subtract(columns[run][language], columns[against][language]) for run, against in pairs])
        for language in languages
    }
    resampled = resampled_means(rows, clusters)
    found = []
    for number, (run, against) in enumerate(pairs):
        of_pair = {language: rows[language][number] for language in languages}
        intervals = {language: resampled.interval(number, [language]) for language in languages}
        by_language, changes = _by_language(columns[against], columns[run], languages, clusters, intervals)
        of_groups = {name: _mean(of_pair, clusters, members, resampled, number) for name, members in groups.items()}
        overall = _mean(of_pair, clusters, [*languages], resampled, number)
        found.append(Difference(run, against, by_language, overall, changes, of_groups))
    return found


def _mean(
    values: Mapping[str, npt.NDArray[np.float64]],
    clusters: Mapping[str, npt.NDArray[np.intp]],
    languages: Sequence[str],
    resampled: ResampledMeans,
    row: int,
) -> MeanDifference:
    mean = mean_of([float(values[language].mean()) for language in languages])
    # A question's part in the mean of means.
    parts = np.concatenate([values[language] / len(values[language]) for language in languages]) / len(languages)
    sums = cluster_sums(parts, np.concatenate([clusters[language] for language in languages]))
    return MeanDifference(len(languages), mean, resampled.interval(row, languages), exchanged(sums))


def _by_language(
    before: Mapping[str, Sequence[float]],
    after: Mapping[str, Sequence[float]],
    languages: Languages,
    clusters: Mapping[str, npt.NDArray[np.intp]],
    intervals: Mapping[str, tuple[float, float] | None],
) -> tuple[dict[str, LanguageDifference], list[ChangedValue]]:
    tests, differences, changes = {}, {}, []
    # One test for all languages of a pair, so that their p values say the same.
    hits = all(
        are_single(clusters[language]) and is_binary(before[language]) and is_binary(after[language])
        for language in languages
    )
    for language, asked in languages.items():
        old, new = before[language], after[language]
        if hits:
            tests[language] = mcnemar([value > 0 for value in old], [value > 0 for value in new])
        else:
            tests[language] = randomisation(old, new, clusters[language])
        differences[language] = mean_of([b - a for a, b in zip(old, new, strict=True)])
        changes += [
            ChangedValue(question, language, a, b)
            for question, a, b in zip(asked, old, new, strict=True)
            if abs(b - a) > ROUNDING
        ]
    corrected = holm({language: test.p for language, test in tests.items()})
    t_tests = holm({language: test.t_test for language, test in tests.items() if test.t_test is not None})
    return {
        language: LanguageDifference(
            differences[language], test, corrected[language], t_tests.get(language), intervals[language]
        )
        for language, test in tests.items()
    }, changes


def mean_of(values: Collection[float]) -> float:
    """The mean of one or more values."""
    return sum(values) / len(values)
