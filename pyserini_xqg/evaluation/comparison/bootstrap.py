"""Bootstrap intervals of mean differences over languages, drawing whole clusters of questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import norm, t

from pyserini_xqg.evaluation.comparison.significance import BATCH, CONFIDENCE, RESAMPLES, SEED

Rows = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True)
class ResampledMeans:
    """Means over questions that were drawn anew, cluster by cluster.

    Attributes
    ----------
    means : mapping
        Language to a float64 array of shape (rows, resamples); NaN where none of its questions was drawn.
    strata : sequence of (set of str, int)
        Languages that share clusters, whose questions were drawn together, and how many clusters these are.
    """

    means: Mapping[str, Rows]
    strata: tuple[tuple[frozenset[str], int], ...]

    def interval(
        self, row: int, languages: Collection[str], confidence: float = CONFIDENCE
    ) -> tuple[float, float] | None:
        """The confidence interval of the mean over some languages, each weighing the same.

        Percentiles (Efron 1979), expanded by Student's t for the number of clusters (Hesterberg 2015, "What teachers
        should know about the bootstrap", section 5.3). It speaks of other questions in these languages, not of other
        languages. None where a language's questions are of fewer than two clusters: nothing is known of how they vary.

        Parameters
        ----------
        row : int
        languages : collection of str
        confidence : float
        """
        concerned = [clusters for of_stratum, clusters in self.strata if not of_stratum.isdisjoint(languages)]
        if min(concerned) < 2:
            return None
        tail = norm.sf(t.isf((1 - confidence) / 2, sum(concerned) - len(concerned)))
        means = np.mean([self.means[language][row] for language in languages], axis=0)
        low, high = np.nanquantile(means, (tail, 1 - tail))
        return float(low), float(high)


def resampled_means(
    values: Mapping[str, Rows], clusters: Mapping[str, Numbers], resamples: int = RESAMPLES, seed: int = SEED
) -> ResampledMeans:
    """The means of each language over clusters that are drawn anew with replacement.

    Languages that share clusters are drawn together, so that a question and its translations come and go as one; others
    are drawn apart, so that each keeps its number of clusters. Deviations from the mean are scaled by
    sqrt(n / (n - 1)) for n clusters, since what is drawn from a sample varies less than the sample. All rows share the
    draws; scipy's bootstrap draws anew for each, which with many runs held against each other takes most of the time.

    Parameters
    ----------
    values : mapping
        Language to a float64 array of shape (rows, questions).
    clusters : mapping
        Language to the number of each question's cluster.
    resamples : int
    seed : int
    """
    chance = np.random.default_rng(seed)
    means: dict[str, Rows] = {}
    strata = []
    for together in _strata(clusters):
        names, inverse = np.unique(np.concatenate([clusters[language] for language in together]), return_inverse=True)
        size = len(names)
        strata.append((frozenset(together), size))
        sums, counts, start = {}, {}, 0
        for language in together:
            own = inverse[start : start + len(clusters[language])]
            start += len(own)
            counts[language] = np.bincount(own, minlength=size).astype(np.float64)
            sums[language] = np.stack([np.bincount(own, row, size) for row in values[language]])
            means[language] = np.empty((len(values[language]), resamples))
        for begin in range(0, resamples, BATCH):
            times = _drawn(chance, size, min(BATCH, resamples - begin))
            for language in together:
                drawn = counts[language] @ times
                with np.errstate(invalid="ignore"):
                    means[language][:, begin : begin + times.shape[1]] = (sums[language] @ times) / drawn
        spread = np.sqrt(size / max(1, size - 1))
        for language in together:
            mean = values[language].mean(axis=1, keepdims=True)
            means[language] = mean + spread * (means[language] - mean)
    return ResampledMeans(means, tuple(strata))


def _drawn(chance: np.random.Generator, size: int, number: int) -> Rows:
    """How often each of `size` clusters is drawn, in each of `number` draws: shape (size, number)."""
    drawn = chance.integers(0, size, (number, size)) + size * np.arange(number)[:, None]
    return np.bincount(drawn.ravel(), minlength=number * size).reshape(number, size).T.astype(np.float64)


def _strata(clusters: Mapping[str, Numbers]) -> list[list[str]]:
    """Languages that share clusters, directly or by way of others."""
    languages = list(clusters)
    rows = np.repeat(np.arange(len(languages)), [len(clusters[language]) for language in languages])
    columns = np.concatenate([clusters[language] for language in languages])
    size = len(languages) + int(columns.max()) + 1
    graph: Any = coo_array((np.ones(len(rows), dtype=np.int8), (rows, len(languages) + columns)), shape=(size, size))
    numbers = connected_components(graph, directed=False)[1][: len(languages)].tolist()
    found: dict[int, list[str]] = {}
    for language, number in zip(languages, numbers, strict=True):
        found.setdefault(number, []).append(language)
    return list(found.values())
