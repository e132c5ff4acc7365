"""JSON of measure reports: written by ``xqg evaluate``, ``xqg sweep`` and ``xqg align``, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pyserini_xqg.evaluation.comparison.clusters import ClusterSizes
from pyserini_xqg.evaluation.comparison.differences import ChangedValue
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.comparison.row_differences import MEAN, RowDifference, RunDifference

INTERVAL = ("low", "high")
TESTED = ("won", "tied", "lost", "test", "p", "p_holm", "t_test", "t_test_holm")


def as_json(reports: Sequence[MeasureReport], with_changes: bool = False) -> str:
    """What :func:`to_objects` gives, as JSON."""
    return json.dumps(to_objects(reports, with_changes), indent=2)


def to_objects(reports: Sequence[MeasureReport], with_changes: bool = False) -> dict[str, Any]:
    """All of it; `with_changes` adds the questions on which a run differs from the one it is held against."""
    return {report.measure: to_object(report, with_changes) for report in reports}


def to_object(report: MeasureReport, with_changes: bool = False) -> dict[str, Any]:
    """What stands there of one measure."""
    return {
        "baseline": report.baseline,
        "questions": dict(report.questions),
        "values": {run: dict(rows) for run, rows in report.values.items()},
        "differences": [
            {
                "run": each.run,
                "against": each.against,
                "languages": {row: cells(report, row, found) for row, found in each.rows.items()},
            }
            | ({"changed": [asdict(change) for change in each.changes]} if with_changes else {})
            for each in report.differences
        ],
        "controls": [
            {"run": run, "control": control, "not_above": list(rows)}
            for run, controls in report.not_above.items()
            for control, rows in controls.items()
        ],
        **({"groups": {name: list(members) for name, members in report.groups.items()}} if report.groups else {}),
        **({"clusters": asdict(report.clusters)} if report.clusters else {}),
        **({"predicted": list(report.predicted)} if report.predicted else {}),
    }


def cells(report: MeasureReport, row: str, found: RowDifference) -> dict[str, Any]:
    """The figures of a difference that apply to a row."""
    names = (*TESTED, *INTERVAL) if row in report.questions else ("test", "p", *INTERVAL)
    return {"difference": found.difference, **{name: getattr(found, name) for name in names}}


def from_object(measure: str, found: Mapping[str, Any]) -> MeasureReport:
    """The report that :func:`to_object` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        The object is of another form.
    """
    questions = {str(language): int(count) for language, count in found["questions"].items()}
    if not questions:
        raise ValueError(f"{measure} has no questions")
    not_above: dict[str, dict[str, list[str]]] = {}
    for each in found["controls"]:
        not_above.setdefault(each["run"], {})[each["control"]] = [str(row) for row in each["not_above"]]
    report = MeasureReport(
        measure,
        str(found["baseline"]),
        questions,
        {
            str(run): {str(row): None if value is None else float(value) for row, value in rows.items()}
            for run, rows in found["values"].items()
        },
        [_difference(each, questions) for each in found["differences"]],
        not_above,
        {str(name): [str(each) for each in members] for name, members in found.get("groups", {}).items()},
        clusters=ClusterSizes(**found["clusters"]) if "clusters" in found else None,
        predicted=[str(language) for language in found.get("predicted", ())],
    )
    _check(report)
    return report


def _difference(found: Mapping[str, Any], questions: Mapping[str, int]) -> RunDifference:
    rows = {str(row): _row_difference(each, row in questions) for row, each in found["languages"].items()}
    overall = rows[MEAN if MEAN in rows else next(iter(questions))]
    changes = [ChangedValue(**each) for each in found.get("changed", ())]
    return RunDifference(
        str(found["run"]),
        str(found["against"]),
        rows,
        RowDifference(
            overall.difference, overall.low, overall.high, test="randomisation", p=overall.p, p_holm=overall.p
        ),
        changes,
    )


def _row_difference(found: Mapping[str, Any], corrected: bool) -> RowDifference:
    def number(name: str) -> float | None:
        value = found.get(name)
        return None if value is None else float(value)

    numbers = {name: number(name) for name in (*INTERVAL, "p", "p_holm", "t_test", "t_test_holm")}
    if not corrected:
        numbers["p_holm"] = numbers["p"]
    counts = {name: found.get(name) for name in ("won", "tied", "lost")}
    return RowDifference(float(found["difference"]), **numbers, **counts, test=found.get("test"))  # type: ignore[arg-type]


def _check(report: MeasureReport) -> None:
    """Whether all that is named is there; a KeyError if not."""
    for rows in report.values.values():
        for row in report.rows:
            rows[row]
        for row in rows:
            report.count(row)
    report.values[report.baseline]
    for each in report.differences:
        report.values[each.run], report.values[each.against]
        for row in report.rows:
            if row not in report.predicted:
                each.rows[row]
    for run, controls in report.not_above.items():
        report.difference(run, report.baseline)
        for control in controls:
            report.difference(run, control)
