"""Differences between two runs, language by language, and their tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pyserini_xqg.evaluation.comparison.significance import (
    ROUNDING,
    SEED,
    PairedTest,
    holm,
    macro_interval,
    mcnemar,
    randomisation,
    resampled_means,
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
    """

    difference: float
    test: PairedTest
    p: float
    t_test: float | None


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
        Its bootstrap confidence interval (see :func:`~pyserini_xqg.evaluation.comparison.significance.macro_interval`);
        None where a language has fewer than two questions: nothing can be said of how they vary.
    """

    languages: int
    difference: float
    interval: tuple[float, float] | None


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
    binary: bool,
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
    binary : bool
        Whether the measure's values are hits and misses, of whatever run.
    groups : mapping
        Name to some of the languages.
    """
    rows = {
        language: np.array([np.subtract(columns[run][language], columns[against][language]) for run, against in pairs])
        for language in languages
    }
    chance = np.random.default_rng(SEED)
    enough = {language for language, asked in languages.items() if pairs and len(asked) > 1}
    resampled = {language: resampled_means(rows[language], chance) for language in languages if language in enough}

    def mean_in(number: int, names: Collection[str]) -> MeanDifference:
        mean = mean_of([float(rows[name][number].mean()) for name in names])
        if not enough.issuperset(names):
            return MeanDifference(len(names), mean, None)
        return MeanDifference(len(names), mean, macro_interval([resampled[name][number] for name in names]))

    found = []
    for number, (run, against) in enumerate(pairs):
        by_language, changes = _by_language(columns[against], columns[run], languages, binary)
        of_groups = {name: mean_in(number, members) for name, members in groups.items()}
        found.append(Difference(run, against, by_language, mean_in(number, languages), changes, of_groups))
    return found


def _by_language(
    before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]], languages: Languages, binary: bool
) -> tuple[dict[str, LanguageDifference], list[ChangedValue]]:
    tests, differences, changes = {}, {}, []
    for language, asked in languages.items():
        old, new = before[language], after[language]
        if binary:
            tests[language] = mcnemar([value > 0 for value in old], [value > 0 for value in new])
        else:
            tests[language] = randomisation(old, new)
        differences[language] = mean_of([b - a for a, b in zip(old, new, strict=True)])
        changes += [
            ChangedValue(question, language, a, b)
            for question, a, b in zip(asked, old, new, strict=True)
            if abs(b - a) > ROUNDING
        ]
    corrected = holm({language: test.p for language, test in tests.items()})
    t_tests = holm({language: test.t_test for language, test in tests.items() if test.t_test is not None})
    return {
        language: LanguageDifference(differences[language], test, corrected[language], t_tests.get(language))
        for language, test in tests.items()
    }, changes


def mean_of(values: Collection[float]) -> float:
    """The mean of one or more values."""
    return sum(values) / len(values)
