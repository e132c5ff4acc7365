"""What a sweep found, as text and as files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, as_object
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Point
from pyserini_xqg.evaluation.sweep.sweep import SweepResult
from pyserini_xqg.reporting.text import as_text
from pyserini_xqg.storage.files import write_atomically

GRID, SUMMARY = "grid.tsv", "sweep.json"
AXES = ("alpha", "hubness", "num_queries", "subset")


def table(result: SweepResult) -> str:
    """The chosen settings, and per measure and language the test figures of the plain index and of them."""
    lines = [
        f"{len(result.grid.points)} points; chosen "
        + ("on the questions of the other folds:" if len(result.chosen) > 1 else "on the dev questions:")
    ]
    for point in dict.fromkeys(result.chosen):
        times = f" ({result.chosen.count(point)} of {len(result.chosen)} folds)" if len(result.chosen) > 1 else ""
        lines.append(f"  {point}{times}")
    return "\n".join([*lines, "", as_text(_reports(result))])


def check_output(folder: Path) -> None:
    """Whether a sweep can be written to `folder`.

    Raises
    ------
    UsageError
        Something else is there.
    """
    if folder.exists() and not (folder.is_dir() and ((folder / SUMMARY).exists() or not any(folder.iterdir()))):
        raise UsageError(f"{folder} is there and is no sweep; choose another output, or remove it")


def write(result: SweepResult, settings: dict[str, Any], folder: Path) -> None:
    """Write the whole grid as ``grid.tsv``, and as ``sweep.json`` settings, choice, test figures and curves.

    Parameters
    ----------
    result : SweepResult
    settings : dict
        What the sweep was called with.
    folder : Path
        Made if need be; an earlier sweep in it gives way.
    """
    check_output(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / GRID, "".join("\t".join(map(str, row)) + "\n" for row in _rows(result)))
    summary = {
        "settings": settings,
        "points": len(result.grid.points),
        "chosen": [asdict(point) for point in result.chosen],
        "overall": asdict(result.overall),
        "tests": {report.measure: as_object(report) for report in _reports(result)},
        "curves": {measure: {axis: _curve(result, measure, axis) for axis in AXES} for measure in result.grid.values},
    }
    write_atomically(folder / SUMMARY, json.dumps(summary, indent=2, ensure_ascii=False) + "\n")


def _rows(result: SweepResult) -> Iterator[tuple[object, ...]]:
    grid = result.grid
    yield "measure", *AXES, "language", "questions", "value"
    for measure in grid.values:
        counted, macro = grid.counted(measure), grid.macro(measure)
        for number, point in enumerate(grid.points):
            place = (measure, point.alpha, point.hubness, _named(point.num_queries), point.subset)
            for language, means in grid.means(measure).items():
                yield *place, language, counted[language], f"{means[number]:.6f}"
            yield *place, "mean", sum(counted.values()), f"{macro[number]:.6f}"


def _curve(result: SweepResult, measure: str, axis: str) -> list[dict[str, Any]]:
    """The points that differ from the best of all in one setting only."""
    fixed = {name: getattr(result.overall, name) for name in AXES if name != axis}
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


def _begins(point: Point, overall: Point, axis: str) -> bool:
    return axis == "alpha" and point == PLAIN and overall.hubness == 0


def _named(number: int | None) -> str:
    return "all" if number is None else str(number)


def _reports(result: SweepResult) -> list[MeasureReport]:
    return [MeasureReport(measure, comparison) for measure, comparison in result.tests.items()]
