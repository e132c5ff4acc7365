"""Curves: a measure over one setting of a sweep, the others being those of the best point of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyserini_xqg.evaluation.sweep.grid import PLAIN, Point
from pyserini_xqg.evaluation.sweep.sweep import SweepResult

AXES = ("alpha", "hubness", "num_queries", "subset")
# What no curve varies.
HELD = ("normalize", "alphas")


@dataclass(frozen=True)
class CurvePoint:
    """One value of an axis: its name, and what the measure is there."""

    name: str
    mean: float
    languages: Mapping[str, float]


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


def curve_values(result: SweepResult, measure: str, axis: str) -> list[dict[str, Any]]:
    """The points that differ from the best of all in one setting only, as ``sweep.json`` has them."""
    fixed = {name: getattr(result.overall, name) for name in (*AXES, *HELD) if name != axis}
    grid = result.grid
    curve = []
    for number, point in enumerate(grid.points):
        # The plain index begins the curve over alpha whatever the numbers and subsets are.
        here = replace(result.overall, alpha=0.0) if _begins(point, result.overall, axis) else point
        if all(getattr(here, name) == value for name, value in fixed.items()):
            means = {language: float(values[number]) for language, values in grid.means(measure).items()}
            value = getattr(here, axis)
            curve.append({axis: value, "languages": means, "mean": float(grid.macro(measure)[number])})
    return curve


def read_curve(
    measure: str, axis: str, points: Sequence[Mapping[str, Any]], overall: Point, chosen: Sequence[Point]
) -> Curve:
    """The curve of what :func:`curve_values` gave.

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
