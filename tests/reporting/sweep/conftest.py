"""A small sweep: three weights and two subsets, chosen in two folds."""

from __future__ import annotations

import numpy as np

from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.sweep.compared import ComparedValues, comparison_of
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Point
from pyserini_xqg.evaluation.sweep.result import SweepResult
from pyserini_xqg.evaluation.sweep.selection import GridValues

POINTS = [PLAIN, *(Point(subset, None, 0.0, alpha) for subset in ("all", "own") for alpha in (0.2, 0.5))]


def made(folds: int = 2) -> SweepResult:
    asked = {"fi": ["f1", "f2", "f3", "f4"], "ar": ["a1", "a2"]}
    hits = {"fi": [[0, 0, 0, 1], [1, 0, 0, 1], [0, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1]], "ar": [[0, 1]] * 5}
    values = {language: np.array(rows, dtype=float) for language, rows in hits.items()}
    of_runs = {
        run: {
            question: float(values[language][point][number])
            for language, questions in asked.items()
            for number, question in enumerate(questions)
        }
        for run, point in (("plain", 0), ("chosen", 4))
    }
    chosen = [POINTS[4], POINTS[3]][:folds]
    clusters = find_clusters(asked)
    tested = ComparedValues(asked, of_runs)
    return SweepResult(
        GridValues(POINTS, asked, {"Success@1": values}),
        chosen,
        POINTS[4],
        {"Success@1": comparison_of(tested, clusters)},
        {"Success@1": tested},
        clusters,
        clusters,
    )
