"""Significance of differences: paired tests, and the correction for several languages.

Two systems answer the same questions, so all tests here are paired. Hits and misses are compared by McNemar's exact
test, graded values by randomisation, with the t-test beside it; where questions come in clusters, hits by randomisation
too, and whole clusters are exchanged. What is drawn is drawn with a fixed seed: the same values give the same p.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, monte_carlo_test, permutation_test, t

RESAMPLES = 9999
BATCH = 1000
SEED = 0
CONFIDENCE = 0.95
SIGNIFICANT = 0.05
TESTS = {"mcnemar": "exact McNemar test", "randomisation": "paired randomisation test"}
# Sums of the same numbers in another order differ by this much, and by no more.
ROUNDING = 1e-12

# The number of each question's cluster.
ClusterNumbers = Sequence[int] | npt.NDArray[np.intp]


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
        Beside the randomisation test: the p value of the paired t-test. None where it is not defined, which is where
        all questions differ by the same amount (none at all among them), or where there is one question or cluster.
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
    old: Sequence[float],
    new: Sequence[float],
    clusters: ClusterNumbers | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> PairedTest:
    """Compare two systems by the paired randomisation test of the mean difference (Fisher 1935; Smucker, Allan and
    Carterette 2007), with the paired t-test beside it.

    If both are equally good, which of a question's two values belongs to which system is a matter of chance, and the
    questions of a cluster are exchanged together. See :func:`exchanged`.

    Parameters
    ----------
    old, new : sequences of float
        Values of the same questions in the same order.
    clusters : sequence of int, optional
        The number of each question's cluster; each is one of its own unless given.
    resamples : int
        How many exchanges are drawn; p is at least 2 / (resamples + 1).
    seed : int
    """
    differences = _differences(old, new)
    p = exchanged(cluster_sums(differences, clusters), resamples, seed)
    won, lost = int((differences > 0).sum()), int((differences < 0).sum())
    return PairedTest(won, lost, p, len(differences) - won - lost, "randomisation", t_test(old, new, clusters))


def exchanged(differences: npt.ArrayLike, resamples: int = RESAMPLES, seed: int = SEED) -> float:
    """The chance of a sum at least as far from zero, on either side, if each difference might as well have the other
    sign.

    Where all differences but zeros are of one size, p is that of the binomial test; with few of them all ways to
    exchange are tried (up to 13, by the number of resamples); else `resamples` of them are drawn. With none, or one,
    p is 1.

    Parameters
    ----------
    differences : array of shape (n,)
        Sums of clusters that are exchanged as one.
    resamples : int
    seed : int
    """
    given = np.asarray(differences, dtype=float)
    # Exchanging equal values changes nothing.
    differing = given[np.abs(given) > ROUNDING]
    if len(differing) < 2:
        return 1.0
    if np.ptp(np.abs(differing)) <= ROUNDING:
        return float(binomtest(int((differing > 0).sum()), len(differing), 0.5).pvalue)
    if 2 ** len(differing) <= resamples:
        exact: Any = permutation_test(
            (differing,), _sum, permutation_type="samples", vectorized=True, n_resamples=resamples
        )
        return float(exact.pvalue)
    chance = np.random.default_rng(seed)
    drawn: Any = monte_carlo_test(
        differing,
        lambda size: np.where(chance.integers(0, 2, size, dtype=np.int8), differing, -differing),
        _sum,
        vectorized=True,
        n_resamples=resamples,
        batch=BATCH,
    )
    return float(drawn.pvalue)


def t_test(old: Sequence[float], new: Sequence[float], clusters: ClusterNumbers | None = None) -> float | None:
    """The two-sided p value of the paired t-test (Student 1908); None where it is not defined (see
    :class:`PairedTest`).

    With clusters of several questions the variance is that between clusters (Liang and Zeger 1986, scaled by
    n / (n - 1) for n clusters), and the degrees of freedom are n - 1; with clusters of one this is Student's test.
    """
    differences = _differences(old, new)
    groups = np.arange(len(differences)) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    number = int(groups.max(initial=-1)) + 1
    if number < 2 or np.ptp(differences) <= ROUNDING:
        return None
    mean = differences.mean()
    residuals = np.bincount(groups, differences - mean)
    error = np.sqrt(number / (number - 1) * (residuals**2).sum()) / len(differences)
    return None if error <= ROUNDING else float(2 * t.sf(abs(mean) / error, number - 1))


def cluster_sums(values: npt.ArrayLike, clusters: ClusterNumbers | None = None) -> npt.NDArray[np.float64]:
    """The sum of each cluster's values; the values themselves where there are none."""
    given = np.asarray(values, dtype=float)
    if clusters is None or not len(given):
        return given
    return np.bincount(np.unique(clusters, return_inverse=True)[1], given).astype(np.float64)


def are_single(clusters: ClusterNumbers | None) -> bool:
    """Whether each question is a cluster of its own."""
    return clusters is None or len(np.unique(clusters)) == len(clusters)


def is_binary(values: Sequence[float]) -> bool:
    """Whether all values are 0 or 1."""
    return all(value in (0, 1) for value in values)


def compare(old: Sequence[float], new: Sequence[float], clusters: ClusterNumbers | None = None) -> PairedTest:
    """Compare two systems by the test that fits their values: :func:`mcnemar` if all are 0 or 1 and each question is a
    cluster of its own, else :func:`randomisation`.
    """
    if are_single(clusters) and is_binary(old) and is_binary(new):
        return mcnemar([value > 0 for value in old], [value > 0 for value in new])
    return randomisation(old, new, clusters)


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
