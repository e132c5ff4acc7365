"""Values of the tested questions: those of the plain index, of the chosen points, and of what is held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pyserini_xqg.evaluation.comparison.clusters import Clusters
from pyserini_xqg.evaluation.comparison.comparison import RunComparison, compare_runs
from pyserini_xqg.evaluation.sweep.chooser import CHOSEN_RUN, PLAIN_RUN
from pyserini_xqg.evaluation.sweep.selection import GridValues

# Values, and language to the number of each question's point.
Run = tuple[GridValues, Mapping[str, Sequence[int]]]


@dataclass(frozen=True)
class ComparedValues:
    """What the compared runs reach on each question by one measure.

    Attributes
    ----------
    languages : mapping
        Language to the questions that count.
    runs : mapping
        Run to question to value.
    """

    languages: Mapping[str, Sequence[str]]
    runs: Mapping[str, Mapping[str, float]]


def compared_values(values: GridValues, measure: str, runs: Mapping[str, Run]) -> ComparedValues:
    """Those of the plain index, which is point 0 of `values`, and of runs, each question at the point of its own.

    Parameters
    ----------
    values : GridValues
    measure : str
    runs : mapping
        Run to values of the same questions and to the number of each question's point there.

    Raises
    ------
    InvalidInput
        No question counts.
    """
    values.macro(measure)  # says so where no question counts
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
    return ComparedValues(counted, of_runs)


def comparison_of(tested: ComparedValues, clusters: Clusters) -> RunComparison:
    """The chosen points against the plain index, and against those that are their controls."""
    controls = [(run, CHOSEN_RUN) for run in tested.runs if run not in (PLAIN_RUN, CHOSEN_RUN)]
    return compare_runs(tested.runs, tested.languages, controls=controls, clusters=clusters)
