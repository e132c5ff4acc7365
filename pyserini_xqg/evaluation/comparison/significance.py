"""Significance of differences: paired tests, intervals, and the correction for several languages.

Two systems answer the same questions, so all tests here are paired. Hits and misses are compared by McNemar's exact
test, graded values by randomisation, with the t-test beside it. What is drawn is drawn with a fixed seed: the same
values give the same p.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, monte_carlo_test, permutation_test, ttest_rel

RESAMPLES = 9999
BATCH = 1000
SEED = 0
CONFIDENCE = 0.95
SIGNIFICANT = 0.05
TESTS = {"mcnemar": "exact McNemar test (hits)", "randomisation": "paired randomisation test (graded values)"}
# Sums of the same numbers in another order differ by this much, and by no more.
ROUNDING = 1e-12


@dataclass(frozen=True)
class PairedTest:
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


def mcnemar(old: Sequence[bool], new: Sequence[bool]) -> PairedTest:
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
    return PairedTest(won, lost, p, len(old) - won - lost)


def randomisation(
    old: Sequence[float], new: Sequence[float], resamples: int = RESAMPLES, seed: int = SEED
) -> PairedTest:
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
    if len(differing) > 1 and 2 ** len(differing) <= resamples:
        exact: Any = permutation_test(
            (differing,), _sum, permutation_type="samples", vectorized=True, n_resamples=resamples
        )
        p = float(exact.pvalue)
    elif len(differing) > 1:
        chance = np.random.default_rng(seed)
        drawn: Any = monte_carlo_test(
            differing,
            lambda size: np.where(chance.integers(0, 2, size, dtype=np.int8), differing, -differing),
            _sum,
            vectorized=True,
            n_resamples=resamples,
            batch=BATCH,
        )
        p = float(drawn.pvalue)
    won, lost = int((differences > 0).sum()), int((differences < 0).sum())
    return PairedTest(won, lost, p, len(differences) - won - lost, "randomisation", t_test(old, new))


def t_test(old: Sequence[float], new: Sequence[float]) -> float | None:
    """The two-sided p value of the paired t-test (Student 1908); None where it is not defined (see
    :class:`PairedTest`).
    """
    differences = _differences(old, new)
    if len(differences) < 2 or np.ptp(differences) <= ROUNDING:
        return None
    return float(ttest_rel(new, old).pvalue)


def is_binary(values: Sequence[float]) -> bool:
    """Whether all values are 0 or 1, so that McNemar's test is the one."""
    return all(value in (0, 1) for value in values)


def compare(old: Sequence[float], new: Sequence[float]) -> PairedTest:
    """Compare two systems by the test that fits their values: :func:`mcnemar` if all are 0 or 1, else
    :func:`randomisation`.
    """
    if is_binary(old) and is_binary(new):
        return mcnemar([value > 0 for value in old], [value > 0 for value in new])
    return randomisation(old, new)


def resampled_means(
    values: npt.ArrayLike, chance: np.random.Generator, resamples: int = RESAMPLES
) -> npt.NDArray[np.float64]:
    """The means over the same questions, drawn anew with replacement.

    Several rows share the draws. That is what scipy's bootstrap does not do, and with many runs, which are all held
    against each other, most of the time would go into drawing.

    Parameters
    ----------
    values : array of shape (rows, questions)
    chance : Generator
    resamples : int

    Returns
    -------
    float64 array of shape (rows, resamples)
    """
    rows = np.asarray(values, dtype=np.float64)
    size = rows.shape[1]
    means = np.empty((len(rows), resamples))
    for start in range(0, resamples, BATCH):
        number = min(BATCH, resamples - start)
        drawn = chance.integers(0, size, (number, size)) + size * np.arange(number)[:, None]
        times = np.bincount(drawn.ravel(), minlength=number * size).reshape(number, size)
        means[:, start : start + number] = rows @ times.T / size
    return means


def macro_interval(means: Sequence[npt.NDArray[np.float64]], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The bootstrap confidence interval (percentiles; Efron 1979) of the mean over languages of the mean difference.

    Questions were drawn anew within each language; the languages stay. It speaks of other questions in these languages,
    not of other languages.

    Parameters
    ----------
    means : sequence of arrays of shape (resamples,)
        One a language: the resampled means of its questions' differences (see :func:`resampled_means`).
    confidence : float
    """
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.mean(means, axis=0), (tail, 1 - tail))
    return float(low), float(high)


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


def _sum(values: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    total: npt.NDArray[np.float64] = values.sum(axis=axis)
    return total
