"""How one run differs from another one, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pyserini_xqg.evaluation.significance import (
    ROUNDING,
    Comparison,
    holm,
    macro_interval,
    mcnemar,
    randomisation,
)

Languages = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Change:
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
    test : Comparison
        Counts, and p values as the tests give them.
    p : float
        Holm-corrected over the languages.
    t_test : float or None
        Likewise, where it is defined.
    """

    difference: float
    test: Comparison
    p: float
    t_test: float | None


@dataclass(frozen=True)
class Difference:
    """A run against another one.

    Attributes
    ----------
    run, against : str
        Differences are those of `run` minus those of `against`.
    languages : mapping
    mean : float
        Of the languages' differences.
    interval : tuple of float or None
        Its bootstrap confidence interval (see :func:`~pyserini_xqg.evaluation.significance.macro_interval`).
    changes : sequence of Change
        The questions on which they differ, in the order of languages and questions.
    """

    run: str
    against: str
    languages: Mapping[str, LanguageDifference]
    mean: float
    interval: tuple[float, float] | None
    changes: Sequence[Change]


def difference_of(
    run: str,
    against: str,
    columns: Mapping[str, Mapping[str, Sequence[float]]],
    languages: Languages,
    binary: bool,
) -> Difference:
    """A run against another one.

    Parameters
    ----------
    run, against : str
    columns : mapping
        Run to language to the values of its questions.
    languages : mapping
        Language to these questions.
    binary : bool
        Whether the measure's values are hits and misses, of whatever run.
    """
    tests, rows, changes = {}, {}, []
    for language, asked in languages.items():
        old, new = columns[against][language], columns[run][language]
        if binary:
            tests[language] = mcnemar([value > 0 for value in old], [value > 0 for value in new])
        else:
            tests[language] = randomisation(old, new)
        rows[language] = [b - a for a, b in zip(old, new, strict=True)]
        changes += [
            Change(question, language, a, b)
            for question, a, b in zip(asked, old, new, strict=True)
            if abs(b - a) > ROUNDING
        ]
    corrected = holm({language: test.p for language, test in tests.items()})
    t_tests = holm({language: test.t_test for language, test in tests.items() if test.t_test is not None})
    by_language = {
        language: LanguageDifference(mean_of(rows[language]), test, corrected[language], t_tests.get(language))
        for language, test in tests.items()
    }
    mean = mean_of([each.difference for each in by_language.values()])
    return Difference(run, against, by_language, mean, macro_interval(list(rows.values())), changes)


def mean_of(values: Collection[float]) -> float:
    """The mean of one or more values."""
    return sum(values) / len(values)
