"""What a sweep found, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyserini_xqg.evaluation.comparison.clusters import Clusters
from pyserini_xqg.evaluation.comparison.comparison import RunComparison
from pyserini_xqg.evaluation.sweep.compared import ComparedValues
from pyserini_xqg.evaluation.sweep.grid import Point
from pyserini_xqg.evaluation.sweep.selection import GridValues


@dataclass(frozen=True)
class SweepResult:
    """What a sweep found.

    Attributes
    ----------
    grid : GridValues
        Of all points, on the questions that were chosen on.
    chosen : list of Point
        One a fold, or one where the questions to choose on are others than those to report on.
    overall : Point
        What is chosen on all questions of `grid`. With folds these are the questions reported on as well, and its value
        there is too good to be reported.
    tests : mapping
        Measure to the comparison of the chosen points (``chosen``) with the plain index (``plain``) on questions that
        they were not chosen on. Controls of the chosen: the same points with the queries of another passage (``chosen
        shuffled``) and with the mean query vector (``chosen mean``); and, each chosen in the same way, where the grid
        varies hubness too, the points without queries (``hubness alone``) and those without hubness reduction
        (``queries alone``), beside a weight for each language one for all (``one weight``).
    values : mapping
        Measure to what `tests` were made of.
    clusters : Clusters
        Of the questions of `tests`.
    grid_clusters : Clusters
        Of the questions of `grid`.
    """

    grid: GridValues
    chosen: list[Point]
    overall: Point
    tests: Mapping[str, RunComparison]
    values: Mapping[str, ComparedValues]
    clusters: Clusters
    grid_clusters: Clusters
