"""TSV of measure reports, for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict

from pyserini_xqg.collection.visible_text import visible
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport

TESTED = ("difference", "won", "tied", "lost", "test", "p", "p_holm", "t_test", "t_test_holm", "low", "high")
COLUMNS = ("measure", "run", "against", "language", "questions", "value", *TESTED)
CHANGE_COLUMNS = ("measure", "run", "against", "language", "question", "before", "after")

Line = Mapping[str, object]


def as_tsv(reports: Iterable[MeasureReport]) -> str:
    """One line a measure, run and language: first the run's figures, then its differences to others."""
    return _tsv(COLUMNS, (line for report in reports for line in _lines(report)))


def named_tsv(kind: str, named: Iterable[tuple[str, Iterable[MeasureReport]]]) -> str:
    """The same of several files, with the name of each in a first column, `kind`."""
    return _tsv(
        (kind, *COLUMNS),
        ({kind: name, **line} for name, reports in named for report in reports for line in _lines(report)),
    )


def changes_as_tsv(reports: Iterable[MeasureReport]) -> str:
    """One line a measure, run and question on which the run differs from the baseline."""
    return _tsv(
        CHANGE_COLUMNS,
        (
            {"measure": report.measure, "run": each.run, "against": each.against, **asdict(change)}
            for report in reports
            for each in report.differences
            if each.against == report.baseline
            for change in each.changes
        ),
    )


def _lines(report: MeasureReport) -> Iterator[Line]:
    for run, rows in report.values.items():
        for row, value in rows.items():
            place = {"measure": report.measure, "run": run, "language": row}
            yield {**place, "questions": report.count(row), "value": value}
    for each in report.differences:
        for row, found in each.rows.items():
            place = {"measure": report.measure, "run": each.run, "against": each.against, "language": row}
            yield {**place, "questions": report.count(row), **asdict(found)}


def _cell(text: str) -> str:
    """On one line, in one column."""
    return visible(" ".join(text.split()) if "\t" in text or "\n" in text else text)


def _tsv(columns: Sequence[str], lines: Iterable[Line]) -> str:
    rows = (
        "\t".join("" if (cell := line.get(name)) is None else _cell(str(cell)) for name in columns) for line in lines
    )
    return "\n".join(["\t".join(columns), *rows])
