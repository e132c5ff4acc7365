"""Files of a sweep: ``grid.tsv``, ``questions.tsv``, and ``sweep.json``, which ``xqg report`` reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.sweep.grid import Point
from pyserini_xqg.evaluation.sweep.result import SweepResult
from pyserini_xqg.indexing.settings import said_alpha
from pyserini_xqg.reporting._json_files import read_json, written_by
from pyserini_xqg.reporting.json import from_object, to_object
from pyserini_xqg.reporting.sweep.curves import AXES, Curve, curves_of, read_curve
from pyserini_xqg.storage.files import write_atomically
from pyserini_xqg.storage.workspace import real_place

GRID, QUESTIONS, SUMMARY = "grid.tsv", "questions.tsv", "sweep.json"


@dataclass(frozen=True)
class SweepFile:
    """What ``xqg sweep --output`` wrote.

    Attributes
    ----------
    name : str
    chosen : mapping
        Settings, in words, to how many folds chose them (1 with a dev set).
    folds : int
    overall : str
        The best settings of all.
    settings : mapping
    points : int
    tests : sequence of MeasureReport
    curves : sequence of Curve
        Those with more than one point.
    """

    name: str
    chosen: Mapping[str, int]
    folds: int
    overall: str
    settings: Mapping[str, Any]
    points: int
    tests: Sequence[MeasureReport]
    curves: Sequence[Curve]


def check_sweep_output(folder: Path) -> None:
    """Whether a sweep can be written to `folder`.

    Raises
    ------
    UsageError
        Something else is there.
    """
    if folder.exists() and not (folder.is_dir() and ((folder / SUMMARY).exists() or not any(folder.iterdir()))):
        raise UsageError(f"{folder} is there and is no sweep; choose another output, or remove it")


def write_sweep(result: SweepResult, settings: dict[str, Any], folder: Path) -> None:
    """Write the whole grid as ``grid.tsv``, the values of the tested questions as ``questions.tsv``, and as
    ``sweep.json`` settings, choice, test figures and curves.

    Parameters
    ----------
    result : SweepResult
    settings : dict
        What the sweep was called with.
    folder : Path
        Made if need be; an earlier sweep in it gives way.
    """
    check_sweep_output(folder)
    real_place(folder).mkdir(parents=True, exist_ok=True)
    for name, rows in ((GRID, _rows(result)), (QUESTIONS, _questions(result))):
        write_atomically(folder / name, "".join("\t".join(map(str, row)) + "\n" for row in rows))
    write_atomically(folder / SUMMARY, json.dumps(sweep_object(result, settings), indent=2, ensure_ascii=False) + "\n")


def sweep_object(result: SweepResult, settings: dict[str, Any]) -> dict[str, Any]:
    """What ``sweep.json`` has: settings, choice, test figures and curves."""
    return {
        "settings": settings,
        "points": len(result.grid.points),
        "chosen": [asdict(point) for point in result.chosen],
        "overall": asdict(result.overall),
        "tests": {report.measure: to_object(report) for report in reports_of(result)},
        "curves": {measure: curves_of(result, measure) for measure in result.grid.values},
    }


def read_sweep(folder: Path) -> SweepFile:
    """What is in the ``sweep.json`` of a folder.

    Raises
    ------
    MissingInput
        The folder or the file is not there.
    InvalidInput
        It is not what ``xqg sweep`` writes.
    """
    file = folder / SUMMARY
    found = read_json(file, "a folder that xqg sweep --output wrote is expected")
    with written_by("xqg sweep", file):
        chosen = [Point.from_dict(point) for point in found["chosen"]]
        overall = Point.from_dict(found["overall"])
        tests = [from_object(measure, each) for measure, each in dict(found["tests"]).items()]
        curves = [
            read_curve(measure, axis, found["curves"][measure][axis], overall, chosen)
            for measure in found["curves"]
            for axis in AXES
        ]
        return SweepFile(
            folder.resolve().name,
            dict(Counter(map(str, chosen)).most_common()),
            len(chosen),
            str(overall),
            dict(found["settings"]),
            int(found["points"]),
            tests,
            [curve for curve in curves if len(curve.points) > 1],
        )


def reports_of(result: SweepResult) -> list[MeasureReport]:
    """The test figures of a sweep, one report a measure."""
    return [MeasureReport.of(measure, comparison) for measure, comparison in result.tests.items()]


def _rows(result: SweepResult) -> Iterator[tuple[object, ...]]:
    grid = result.grid
    yield "measure", *AXES, "normalize", "language", "questions", "value"
    for measure in grid.values:
        counted, macro = grid.counted(measure), grid.macro(measure)
        for number, point in enumerate(grid.points):
            queries = "all" if point.num_queries is None else point.num_queries
            alpha = said_alpha(dict(point.alphas)) if point.alphas else point.alpha
            place = (measure, alpha, point.hubness, queries, point.subset, "on" if point.normalize else "off")
            for language, means in grid.means(measure).items():
                yield *place, language, counted[language], f"{means[number]:.6f}"
            yield *place, "mean", sum(counted.values()), f"{macro[number]:.6f}"


def _questions(result: SweepResult) -> Iterator[tuple[object, ...]]:
    """What the tests are of, unrounded: a line a measure and question, with the value of each compared run."""
    yield "language", "question", "cluster", "measure", *next(iter(result.values.values())).runs
    for measure, tested in result.values.items():
        for language, asked in tested.languages.items():
            for question in asked:
                values = (of_run[question] for of_run in tested.runs.values())
                yield language, question, result.clusters.of[question], measure, *values
