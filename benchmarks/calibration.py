"""Whether intervals, p values and folds say what they claim, on made-up questions that are not independent.

Six languages ask the same questions, four of each passage. Values of two equally good systems share a part over the
languages of a question, and a part over the questions of a passage. By clusters and, beside it, as if all questions
were independent: how often a 95% interval of the mean holds zero, how often a test at 5% finds a difference (of all
languages, and of the hits in one language), and what five folds report of choosing from 100 equally good points. Then
grids whose points are equally good, worse than plain, or partly better: what the two rules of choosing gain on other
questions, and how often that is significantly below plain.

    python benchmarks/calibration.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from pyserini_xqg.evaluation.comparison.bootstrap import resampled_means
from pyserini_xqg.evaluation.comparison.clusters import NONE, PASSAGE, Clusters, find_clusters
from pyserini_xqg.evaluation.comparison.differences import mean_of
from pyserini_xqg.evaluation.comparison.significance import cluster_sums, compare, exchanged
from pyserini_xqg.evaluation.sweep.grid import Point, Rule
from pyserini_xqg.evaluation.sweep.selection import GridValues, choose, cross_validated

LANGUAGES = ("ar", "es", "hi", "ru", "vi", "zh")
PASSAGES, OF_PASSAGE = 60, 4
CORRELATIONS = (0.0, 0.3, 0.6, 0.9)
RUNS, GRIDS, POINTS = 2000, 400, 100
HIT_RATE = 0.7

Hits = dict[str, npt.NDArray[np.float64]]
Rates = npt.NDArray[np.float64]
# By the share of the grid's last point: what its points reach beside plain.
GRIDS_OF = {
    "equally good": lambda place: 0 * place,
    "3 points worse": lambda place: -0.03 * (place > 0),
    "up to 4 points better, then worse": lambda place: 0.16 * place * (1 - 1.5 * place),
}


@dataclass(frozen=True)
class Questions:
    """Made-up questions, language to ids, and their clusters under each assumption."""

    ids: dict[str, list[str]]
    clusters: dict[str, Clusters]

    @classmethod
    def make(cls) -> Questions:
        """Four questions of each passage in every language."""
        count = PASSAGES * OF_PASSAGE
        ids = {language: [f"{language}:q{number}" for number in range(count)] for language in LANGUAGES}
        qrels = {each: {f"d{number // OF_PASSAGE}": 1} for asked in ids.values() for number, each in enumerate(asked)}
        return cls(ids, {by: find_clusters(ids, qrels, by) for by in (PASSAGE, NONE)})


def hits(
    chance: np.random.Generator, systems: int, language: float, passage: float, rates: Rates | None = None
) -> Hits:
    """Hits and misses of systems, equally good ones unless it is said how good they are.

    Parameters
    ----------
    chance : Generator
    systems : int
    language, passage : float
        Shares of the variance, below the threshold that makes a hit, that a question has in common over languages, and
        that the questions of a passage have in common; where both are given, `passage` is a share of what is common.
    rates : float array of shape (systems,), optional
        The hit rate of each.

    Returns
    -------
    dict
        Language to an array of shape (systems, questions) of 0 and 1.
    """
    count = PASSAGES * OF_PASSAGE
    bound = norm.ppf(np.full(systems, HIT_RATE) if rates is None else rates)[:, None]
    of_passage = np.repeat(chance.normal(size=(systems, PASSAGES)), OF_PASSAGE, axis=1)
    of_question = chance.normal(size=(systems, count))
    common = np.sqrt(passage) * of_passage + np.sqrt(1 - passage) * of_question
    found = {}
    for each in LANGUAGES:
        own = chance.normal(size=(systems, count))
        found[each] = (np.sqrt(language) * common + np.sqrt(1 - language) * own < bound).astype(float)
    return found


def coverage(questions: Questions, by: str, language: float, passage: float, runs: int = RUNS) -> float:
    """How often the 95% interval of the mean over the languages holds zero."""
    chance = np.random.default_rng(1)
    old, new = (hits(chance, runs, language, passage) for _ in range(2))
    rows = {each: new[each] - old[each] for each in LANGUAGES}
    found = resampled_means(rows, questions.clusters[by].numbers(questions.ids), resamples=1999)
    intervals = (found.interval(run, LANGUAGES) for run in range(runs))
    return mean_of([interval is not None and interval[0] <= 0 <= interval[1] for interval in intervals])


def false_alarms(questions: Questions, by: str, language: float, passage: float, runs: int = RUNS) -> float:
    """How often the test of the mean over the languages is below 0.05."""
    chance = np.random.default_rng(2)
    old, new = (hits(chance, runs, language, passage) for _ in range(2))
    numbers = np.concatenate([*questions.clusters[by].numbers(questions.ids).values()])
    differences = np.concatenate([new[each] - old[each] for each in LANGUAGES], axis=1)
    return mean_of([exchanged(cluster_sums(row, numbers), resamples=499) < 0.05 for row in differences])


def false_alarms_of_hits(questions: Questions, by: str, passage: float, runs: int = RUNS) -> float:
    """How often the test of the hits in one language is below 0.05."""
    chance = np.random.default_rng(3)
    old, new = (hits(chance, runs, 0.999, passage)["ar"] for _ in range(2))
    numbers = questions.clusters[by].numbers(questions.ids)["ar"]
    return mean_of([compare(a.tolist(), b.tolist(), numbers).p < 0.05 for a, b in zip(old, new, strict=True)])


def folds_gain(questions: Questions, by: str, language: float, passage: float, grids: int = GRIDS) -> float:
    """What five folds report, in points, of choosing from equally good points: it should be nothing."""
    chance = np.random.default_rng(4)
    points = [Point(alpha=number / POINTS) for number in range(POINTS)]
    gains = []
    for _ in range(grids):
        grid = GridValues(points, questions.ids, {"Success@1": hits(chance, POINTS, language, passage)})
        _, chosen = cross_validated(grid, "Success@1", 5, 0, clusters=questions.clusters[by])
        for each in LANGUAGES:
            values = grid.values["Success@1"][each]
            gains.append(values[chosen[each], np.arange(values.shape[1])].mean() - HIT_RATE)
    return 100 * mean_of(gains)


def choice(
    questions: Questions, kind: str, rule: Rule, language: float, passage: float, grids: int = GRIDS
) -> tuple[float, float]:
    """How often what is chosen is significantly below plain on other questions, and what it gains on plain in truth, in
    points.
    """
    chance = np.random.default_rng(5)
    rates = HIT_RATE + np.asarray(GRIDS_OF[kind](np.arange(POINTS) / (POINTS - 1)))
    points = [Point(alpha=number / POINTS) for number in range(POINTS)]
    clusters = questions.clusters[PASSAGE]
    numbers = np.concatenate([*clusters.numbers(questions.ids).values()])
    below, gains = [], []
    for _ in range(grids):
        dev = GridValues(points, questions.ids, {"Success@1": hits(chance, POINTS, language, passage, rates)})
        chosen = choose(dev, "Success@1", None, rule, clusters)
        test = hits(chance, 2, language, passage, rates[[0, chosen]])
        differences = np.concatenate([test[each][1] - test[each][0] for each in LANGUAGES])
        sums = cluster_sums(differences, numbers)
        below.append(bool(chosen) and sums.sum() < 0 and exchanged(sums, resamples=499) < 0.05)
        gains.append(rates[chosen] - rates[0])
    return mean_of(below), 100 * mean_of(gains)


def lines() -> Iterator[str]:
    """The tables."""
    questions = Questions.make()
    yield "correlation of a question's languages | of a passage's questions | " + " | ".join(
        f"{what}, {by}" for what in ("coverage (%)", "alarms (%)", "folds (points)") for by in ("clusters", "none")
    )
    for passage in (0.0, 0.5):
        for language in CORRELATIONS:
            cells = [100 * coverage(questions, by, language, passage) for by in (PASSAGE, NONE)]
            cells += [100 * false_alarms(questions, by, language, passage) for by in (PASSAGE, NONE)]
            cells += [folds_gain(questions, by, language, passage) for by in (PASSAGE, NONE)]
            yield f"{language} | {passage} | " + " | ".join(f"{cell:.2f}" for cell in cells)
    yield "hits in one language, correlation of a passage's questions | alarms (%), clusters | alarms (%), McNemar"
    for passage in (0.0, 0.2, 0.5, 0.9):
        cells = [100 * false_alarms_of_hits(questions, by, passage) for by in (PASSAGE, NONE)]
        yield f"{passage} | " + " | ".join(f"{cell:.1f}" for cell in cells)
    yield "points of the grid | significantly below plain (%): simplest | best | true gain (points): simplest | best"
    for kind in GRIDS_OF:
        rules: tuple[Rule, ...] = ("simplest", "best")
        (low, gain), (other_low, other_gain) = (choice(questions, kind, rule, 0.6, 0.5) for rule in rules)
        yield f"{kind} | {100 * low:.1f} | {100 * other_low:.1f} | {gain:.2f} | {other_gain:.2f}"


if __name__ == "__main__":
    for line in lines():
        print(line, flush=True)
