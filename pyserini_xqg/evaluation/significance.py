"""Whether a difference is more than chance.

Two systems answer the same questions, so all tests here are paired. Hits and misses are compared by McNemar's exact
test, graded values by randomisation, with the t-test beside it. What is drawn is drawn with a fixed seed: the same
values give the same p.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import binomtest, bootstrap, permutation_test, ttest_rel

RESAMPLES = 9999
BATCH = 1000
SEED = 0
CONFIDENCE = 0.95
# Sums of the same numbers in another order differ by this much, and by no more.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same questions.

    Attributes
    ----------
    won, lost : int
        Questions on which the new system is better, and on which the old one is. (Of hits and misses: that only the
        new one, and that only the old one, answers.)
    p : float
        Two-sided p value: the chance of a difference at least as large if both were equally good.
    tied : int
        Questions on which both are equally good.
    test : str
        What `p` is of.
    t_test : float or None
        Of graded values: the p value of the paired t-test. None where it is not defined, which is where all questions
        differ by the same amount (none at all among them), or where there is one question.
    """

    won: int
    lost: int
    p: float
    tied: int = 0
    test: Literal["mcnemar", "randomisation"] = "mcnemar"
    t_test: float | None = None


def mcnemar(old: Sequence[bool], new: Sequence[bool]) -> Comparison:
    """Compare two systems by the exact McNemar test (McNemar 1947; exact form: the binomial test on the discordant
    pairs).

    Parameters
    ----------
    old, new : sequences of bool
        Hits on the same questions in the same order.
    """
    won = sum(b and not a for a, b in zip(old, new, strict=True))
    lost = sum(a and not b for a, b in zip(old, new, strict=True))
    p = float(binomtest(won, won + lost, 0.5).pvalue) if won + lost else 1.0
    return Comparison(won, lost, p, len(old) - won - lost)


def randomisation(
    old: Sequence[float], new: Sequence[float], resamples: int = RESAMPLES, seed: int = SEED
) -> Comparison:
    """Compare two systems by the paired randomisation test of the mean difference (Fisher 1935; Smucker, Allan and
    Carterette 2007), with the paired t-test beside it.

    If both are equally good, which of a question's two values belongs to which system is a matter of chance. With few
    questions that differ all ways to exchange them are tried (up to 13, by the number of resamples) and p is exact;
    otherwise `resamples` of them are drawn. With no difference at all, or one question that differs, p is 1.

    Parameters
    ----------
    old, new : sequences of float
        Values of the same questions in the same order.
    resamples : int
        How many exchanges are drawn; p is at least 2 / (resamples + 1).
    seed : int
    """
    differences = _differences(old, new)
    # Exchanging equal values changes nothing.
    differing = differences[differences != 0]
    p = 1.0
    if len(differing) > 1:
        drawn: Any = permutation_test(
            (differing,),
            lambda values, axis: values.sum(axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=resamples,
            batch=BATCH,
            random_state=np.random.default_rng(seed),
        )
        p = float(drawn.pvalue)
    won, lost = int((differences > 0).sum()), int((differences < 0).sum())
    return Comparison(won, lost, p, len(differences) - won - lost, "randomisation", t_test(old, new))


def t_test(old: Sequence[float], new: Sequence[float]) -> float | None:
    """The two-sided p value of the paired t-test (Student 1908); None where it is not defined (see
    :class:`Comparison`).
    """
    differences = _differences(old, new)
    if len(differences) < 2 or np.ptp(differences) <= ROUNDING:
        return None
    return float(ttest_rel(new, old).pvalue)


def is_binary(values: Sequence[float]) -> bool:
    """Whether all values are 0 or 1, so that McNemar's test is the one."""
    return all(value in (0, 1) for value in values)


def compare(old: Sequence[float], new: Sequence[float]) -> Comparison:
    """Compare two systems by the test that fits their values: :func:`mcnemar` if all are 0 or 1, else
    :func:`randomisation`.
    """
    if is_binary(old) and is_binary(new):
        return mcnemar([value > 0 for value in old], [value > 0 for value in new])
    return randomisation(old, new)


def macro_interval(
    differences: Sequence[Sequence[float]],
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> tuple[float, float] | None:
    """The bootstrap confidence interval (percentiles; Efron 1979) of the mean over languages of the mean difference.

    Questions are drawn anew within each language; the languages stay. It speaks of other questions in these languages,
    not of other languages.

    Parameters
    ----------
    differences : sequence of sequences of float
        One a language: its questions' differences.
    confidence : float
    resamples, seed : int

    Returns
    -------
    tuple of float or None
        None where a language has fewer than two questions: nothing can be said of how they vary.
    """
    if not differences or any(len(language) < 2 for language in differences):
        return None
    drawn: Any = bootstrap(
        [np.asarray(language, dtype=float) for language in differences],
        lambda *languages, axis: np.mean([language.mean(axis=axis) for language in languages], axis=0),
        confidence_level=confidence,
        n_resamples=resamples,
        batch=BATCH,
        vectorized=True,
        method="percentile",
        random_state=np.random.default_rng(seed),
    )
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's correction (1979) of p values that are looked at together."""
    corrected: dict[str, float] = {}
    largest = 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p))
        corrected[name] = largest
    return corrected


def _differences(old: Sequence[float], new: Sequence[float]) -> Any:
    if len(old) != len(new):
        raise ValueError(f"{len(old)} and {len(new)} values: those of the same questions are expected")
    differences = np.subtract(new, old, dtype=float)
    differences[np.abs(differences) <= ROUNDING] = 0
    return differences
