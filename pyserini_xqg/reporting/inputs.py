"""What a report is made of beside runs: sweeps, alignments and manifests, as their commands wrote them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.evaluation.sweep.grid import Point
from pyserini_xqg.reporting.sweep import AXES, SUMMARY
from pyserini_xqg.reporting.tables import MeasureTable
from pyserini_xqg.storage.manifest import MANIFEST, Manifest

ALIGNMENT = "alignment"


@dataclass(frozen=True)
class CurvePoint:
    """One value of an axis: its name, and what the measure is there."""

    name: str
    mean: float
    languages: Mapping[str, float]


@dataclass(frozen=True)
class Curve:
    """A measure over one setting, the others being those of the best point of all.

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
    tests : sequence of MeasureTable
    objects : mapping
        Measure to the tests in the form that ``xqg evaluate`` has.
    curves : sequence of Curve
        Those with more than one point.
    """

    name: str
    chosen: Mapping[str, int]
    folds: int
    overall: str
    settings: Mapping[str, Any]
    points: int
    tests: Sequence[MeasureTable]
    objects: Mapping[str, Any]
    curves: Sequence[Curve]


@dataclass(frozen=True)
class Group:
    """Several languages together: what the conditions have, and how they differ."""

    name: str
    languages: Sequence[str]
    values: Mapping[str, float]
    differences: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class AlignmentFile:
    """What ``xqg align`` wrote.

    Attributes
    ----------
    name : str
    settings, counts : mapping
    chosen : mapping
        Condition to its weights, in words.
    tables : sequence of MeasureTable
    objects : mapping
        Measure to the tables in the form that ``xqg evaluate`` has.
    groups : mapping
        Measure to groups.
    """

    name: str
    settings: Mapping[str, Any]
    counts: Mapping[str, Any]
    chosen: Mapping[str, str]
    tables: Sequence[MeasureTable]
    objects: Mapping[str, Any]
    groups: Mapping[str, Sequence[Group]]


@dataclass(frozen=True)
class Artifact:
    """A folder and its manifest."""

    name: str
    manifest: Manifest


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
    found = _read(file, "a folder that xqg sweep --output wrote is expected")
    with _form_of(file, "xqg sweep"):
        chosen = [Point(**point) for point in found["chosen"]]
        overall = Point(**found["overall"])
        objects = dict(found["tests"])
        tests = [MeasureTable.of(measure, each) for measure, each in objects.items()]
        curves = [
            _curve(measure, axis, found["curves"][measure][axis], overall, chosen)
            for measure in found["curves"]
            for axis in AXES
        ]
        return SweepFile(
            folder.resolve().name,
            dict(sorted(_counted(map(str, chosen)).items(), key=lambda each: -each[1])),
            len(chosen),
            str(overall),
            dict(found["settings"]),
            int(found["points"]),
            tests,
            objects,
            [curve for curve in curves if len(curve.points) > 1],
        )


def read_alignment(file: Path) -> AlignmentFile:
    """What ``xqg align`` found.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        It is not what ``xqg align`` writes.
    """
    found = _read(file, "the JSON of xqg align is expected")
    if found.get("kind") != ALIGNMENT:
        raise InvalidInput(
            f"{file}: its kind is {found.get('kind')!r}; {ALIGNMENT!r}, the JSON of xqg align, is expected"
        )
    with _form_of(file, "xqg align"):
        return AlignmentFile(
            file.name,
            dict(found["settings"]),
            dict(found["counts"]),
            {str(run): ", ".join(f"{float(each):g}" for each in alphas) for run, alphas in found["chosen"].items()},
            [MeasureTable.of(measure, each) for measure, each in found["measures"].items()],
            dict(found["measures"]),
            {
                measure: [_group(name, each) for name, each in groups.items()]
                for measure, groups in found["groups"].items()
            },
        )


def read_artifact(folder: Path) -> Artifact:
    """The manifest of an index, of generated queries, or of an encoder.

    Raises
    ------
    MissingInput, InvalidInput
        See :meth:`pyserini_xqg.storage.Manifest.read`.
    """
    manifest = Manifest.read(folder)
    if not all(isinstance(part, dict) for part in (manifest.settings, manifest.inputs, manifest.counts)):
        raise InvalidInput(f"{folder / MANIFEST}: not a manifest of xqg (its parts are no JSON objects)")
    return Artifact(folder.resolve().name, manifest)


def flattened(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as one name and one text each."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from flattened(value, f"{name}.")
        elif isinstance(value, bool) or value is None:
            yield name, {True: "yes", False: "no", None: "none"}[value]
        elif isinstance(value, int):
            yield name, f"{value:,}" if abs(value) > 9999 else str(value)
        elif isinstance(value, list) and not any(isinstance(each, list | dict) for each in value):
            yield name, ", ".join(map(str, value)) or "none"
        else:
            yield (
                name,
                value if isinstance(value, str) else "none" if value == {} else json.dumps(value, ensure_ascii=False),
            )


def set_apart(artifacts: Sequence[Artifact]) -> list[tuple[str, list[str]]]:
    """Settings, inputs and counts that several artifacts do not have alike, with the values of each."""
    flat = [
        dict(flattened({"settings": each.settings, "inputs": each.inputs, "counts": each.counts}))
        for each in (artifact.manifest for artifact in artifacts)
    ]
    names = dict.fromkeys(name for values in flat for name in values)
    rows = [(name, [values.get(name, "") for values in flat]) for name in names]
    return [(name.removeprefix("settings."), values) for name, values in rows if len(set(values)) > 1]


def _read(file: Path, expected: str) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror}); {expected}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file}: not JSON ({error}); {expected}") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{file}: a JSON {type(found).__name__}; {expected}")
    return found


@contextmanager
def _form_of(file: Path, command: str) -> Iterator[None]:
    try:
        yield
    except KeyError as error:
        raise InvalidInput(f"{file}: not what {command} writes; {error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"{file}: not what {command} writes ({error})") from error


def _curve(measure: str, axis: str, points: Sequence[Mapping[str, Any]], overall: Point, chosen: list[Point]) -> Curve:
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
        _counted(_named(getattr(point, axis)) for point in chosen),
    )


def _group(name: str, found: Mapping[str, Any]) -> Group:
    return Group(
        name,
        [str(language) for language in found["languages"]],
        {str(run): float(value) for run, value in found["values"].items()},
        [
            {
                "run": str(each["run"]),
                "against": str(each["against"]),
                "difference": float(each["difference"]),
                **{end: None if each[end] is None else float(each[end]) for end in ("low", "high")},
            }
            for each in found["differences"]
        ],
    )


def _named(value: object) -> str:
    return "all" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)


def _counted(values: Iterator[str] | map[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts
