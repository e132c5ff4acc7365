"""Curves: a measure over one setting of a sweep, the others being those of the best point of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pyserini_xqg.evaluation.comparison.bootstrap import resampled_means
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Point
from pyserini_xqg.evaluation.sweep.result import SweepResult

AXES = ("alpha", "hubness", "num_queries", "subset")
# What no curve varies.
HELD = ("normalize", "alphas")


@dataclass(frozen=True)
class CurvePoint:
    """One value of an axis: its name, what the measure is there, and the interval of the mean where it is known."""

    name: str
    mean: float
    languages: Mapping[str, float]
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Curve:
    """A measure over one setting.

    Attributes
    ----------
    measure, axis : str
    points : sequence of CurvePoint
    best : str or None
        The name of the best point's value.
    chosen : mapping
        Value to how many folds chose it.
    """

    measure: str
    axis: str
    points: Sequence[CurvePoint]
    best: str | None
    chosen: Mapping[str, int]


def curves_of(result: SweepResult, measure: str) -> dict[str, list[dict[str, Any]]]:
    """For each setting the points that differ from the best of all in it only, as ``sweep.json`` has them."""
    grid = result.grid
    numbers = {axis: _points_of(result, axis) for axis in AXES}
    means, macro = grid.means(measure), grid.macro(measure)
    intervals = _intervals(result, measure, sorted({number for of_axis in numbers.values() for number in of_axis}))
    return {
        axis: [
            {
                axis: value,
                "languages": {language: float(values[number]) for language, values in means.items()},
                "mean": float(macro[number]),
                **({} if (found := intervals[number]) is None else {"low": found[0], "high": found[1]}),
            }
            for number, value in of_axis.items()
        ]
        for axis, of_axis in numbers.items()
    }


def _points_of(result: SweepResult, axis: str) -> dict[int, Any]:
    """The numbers of a curve's points, and the value of its axis at each."""
    fixed = {name: getattr(result.overall, name) for name in (*AXES, *HELD) if name != axis}
    found = {}
    for number, point in enumerate(result.grid.points):
        # The plain index begins the curve over alpha whatever the numbers and subsets are.
        here = replace(result.overall, alpha=0.0) if _begins(point, result.overall, axis) else point
        if all(getattr(here, name) == value for name, value in fixed.items()):
            found[number] = getattr(here, axis)
    return found


def _intervals(result: SweepResult, measure: str, numbers: Sequence[int]) -> dict[int, tuple[float, float] | None]:
    """The bootstrap interval of each point's mean over the languages."""
    grid = result.grid
    counts = {language: ~np.isnan(grid.values[measure][language][0]) for language in grid.means(measure)}
    asked = {
        language: [each for each, counted in zip(grid.questions[language], of, strict=True) if counted]
        for language, of in counts.items()
    }
    values = {language: grid.values[measure][language][numbers][:, of] for language, of in counts.items()}
    resampled = resampled_means(values, result.grid_clusters.numbers(asked))
    return {number: resampled.interval(row, asked) for row, number in enumerate(numbers)}


def read_curve(
    measure: str, axis: str, points: Sequence[Mapping[str, Any]], overall: Point, chosen: Sequence[Point]
) -> Curve:
    """The curve of what :func:`curves_of` gave for an axis.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        The points are of another form.
    """
    # The numbers of queries rise, and "all" is the last of them.
    ordered = list(points)
    if axis in ("alpha", "hubness", "num_queries"):
        ordered.sort(key=lambda point: (point[axis] is None, point[axis] or 0))
    return Curve(
        measure,
        axis,
        [
            CurvePoint(
                _named(point[axis]),
                float(point["mean"]),
                {str(language): float(value) for language, value in point["languages"].items()},
                (float(point["low"]), float(point["high"])) if "low" in point else None,
            )
            for point in ordered
        ],
        _named(getattr(overall, axis)),
        dict(Counter(_named(getattr(point, axis)) for point in chosen)),
    )


def _begins(point: Point, overall: Point, axis: str) -> bool:
    plain = replace(PLAIN, normalize=overall.normalize)
    return axis == "alpha" and point == plain and overall.hubness == 0 and not overall.alphas


def _named(value: object) -> str:
    return "all" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
