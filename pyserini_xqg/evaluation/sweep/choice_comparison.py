"""Comparison of what was chosen with the plain index and with controls, each question at the point of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pyserini_xqg.evaluation.comparison.clusters import Clusters
from pyserini_xqg.evaluation.comparison.comparison import RunComparison, compare_runs
from pyserini_xqg.evaluation.sweep.chooser import CHOSEN_RUN, PLAIN_RUN
from pyserini_xqg.evaluation.sweep.selection import GridValues

# Values, and language to the number of each question's point.
Run = tuple[GridValues, Mapping[str, Sequence[int]]]


def compare_choices(values: GridValues, measure: str, runs: Mapping[str, Run], clusters: Clusters) -> RunComparison:
    """Runs against the plain index, which is point 0 of `values`; those beside ``chosen`` are its controls.

    Parameters
    ----------
    values : GridValues
    measure : str
    runs : mapping
        Run to values of the same questions and to the number of each question's point there.
    clusters : Clusters

    Raises
    ------
    InvalidInput
        No question counts.
    """
    counted: dict[str, list[str]] = {}
    of_runs: dict[str, dict[str, float]] = {run: {} for run in (PLAIN_RUN, *runs)}
    for language in values.means(measure):
        plain = values.values[measure][language][0]
        for number, question in enumerate(values.questions[language]):
            if not np.isnan(plain[number]):
                counted.setdefault(language, []).append(question)
                of_runs[PLAIN_RUN][question] = float(plain[number])
                for run, (found, numbers) in runs.items():
                    of_language = found.values[measure][language]
                    of_runs[run][question] = float(of_language[numbers[language][number], number])
    values.macro(measure)  # says so where no question counts
    controls = [(run, CHOSEN_RUN) for run in runs if run != CHOSEN_RUN]
    return compare_runs(of_runs, counted, controls=controls, clusters=clusters)
