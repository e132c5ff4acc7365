"""Text of measure reports: a table of all runs, one for each run with its controls, and how they are to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.significance import CONFIDENCE, SIGNIFICANT, TESTS
from pyserini_xqg.reporting.figures import MINUS, NONE
from pyserini_xqg.reporting.measure_tables import (
    Interval,
    clusters_in_words,
    detail,
    intervals,
    overview,
    used_tests,
)
from pyserini_xqg.reporting.table import Cell, Column, Mark, Table

SIGNS = {Mark.SIGNIFICANT: "*", Mark.NOT_ABOVE: "!"}
DIRECTIONS = {Mark.ABOVE: "+", Mark.BELOW: "-"}
PLAIN_CHARACTERS = str.maketrans({MINUS: "-", NONE: "-"})


def as_text(reports: Sequence[MeasureReport], with_changes: bool = False) -> str:
    """The tables, and below them how they are to be read; `with_changes` adds the questions that changed."""
    parts = []
    for report in reports:
        if len(report.compared) != 1:
            parts.append(_overview(report))
        parts += [_detail(report, run) for run in report.compared]
        if with_changes:
            parts += [_changes(report, run) for run in report.compared]
    return "\n\n".join([*parts, *_legend(reports)])


def table_as_text(table: Table, signs: Mapping[Mark, str] = SIGNS) -> str:
    """A table with columns two blanks apart; marks without a sign are not shown."""
    columns = [part for number, column in enumerate(table.columns) for part in _column(table, number, column, signs)]
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _column(table: Table, number: int, column: Column, signs: Mapping[Mark, str]) -> list[list[str]]:
    """The lines of a column, and before it those of a bar if it stands apart."""
    head = column.head + " " * column.marked
    lines = [head, *(_cell(row[number], column, signs) for row in table.rows)]
    width = max(column.width, *map(len, lines))
    lines = [line.ljust(width) if column.left else line.rjust(width) for line in lines]
    return [["|"] * len(lines), lines] if column.apart else [lines]


def _cell(cell: Cell, column: Column, signs: Mapping[Mark, str]) -> str:
    text = cell.text if column.left else cell.text.translate(PLAIN_CHARACTERS)
    return text + ("".join(signs.get(mark, "") for mark in cell.marks) or " ") if column.marked else text


def _overview(report: MeasureReport) -> str:
    marks = f"\n\n+ above {report.baseline}, - below it, p < {SIGNIFICANT}" if len(report.runs) > 1 else ""
    return table_as_text(overview(report), DIRECTIONS) + marks


def _detail(report: MeasureReport, run: str) -> str:
    lines = [table_as_text(detail(report, run)), "", *intervals_as_text(report, run)]
    for control, rows in report.not_above.get(run, {}).items():
        if rows:
            lines.append(
                f"! {control} gains as much as {run} or more: {', '.join(map(row_label, rows))}. What {run} gains "
                "there need not come from what sets it apart from its control."
            )
    return "\n".join(lines)


def intervals_as_text(report: MeasureReport, run: str) -> list[str]:
    """A line for each interval of a run's differences."""
    return [_interval(each) for each in intervals(report, run)]


def _interval(found: Interval) -> str:
    start = f"{found.run} - {found.against}, {found.what}: {found.difference.translate(PLAIN_CHARACTERS)}"
    if found.bounds is None:
        return f"{start} (no interval: a language has fewer than two questions, or clusters of them)"
    low, high = (bound.translate(PLAIN_CHARACTERS) for bound in found.bounds)
    return f"{start}, {CONFIDENCE:.0%} interval {low} to {high}"


def _changes(report: MeasureReport, run: str) -> str:
    difference = report.difference(run, report.baseline)
    start = f"{report.measure}: questions on which {run} differs from {report.baseline}"
    if not difference.changes:
        return f"{start}: none"
    columns = [Column("language", left=True), Column("question", left=True), Column(report.baseline), Column(run)]
    rows = [
        [*map(Cell, (each.language.strip(), each.question, f"{each.before:.4g}", f"{each.after:.4g}"))]
        for each in difference.changes
    ]
    return f"{start}\n{table_as_text(Table(columns, rows))}"


def tests_in_words(reports: Sequence[MeasureReport]) -> list[str]:
    """What p values and intervals are of; nothing where nothing was compared."""
    used = used_tests(reports)
    if not used:
        return []
    count = max(len(report.questions) for report in reports)
    holm = f", Holm-corrected over {count} languages; of a mean: randomisation, not corrected" if count > 1 else ""
    return [
        f"p: {' or '.join(used)}{holm}; * below {SIGNIFICANT}.",
        *(["t-test: the paired t-test, likewise."] if TESTS["randomisation"] in used else []),
        "interval: bootstrap.",
        *clusters_in_words(reports),
    ]


def _legend(reports: Sequence[MeasureReport]) -> list[str]:
    tests = tests_in_words(reports)
    if not tests:
        return []
    lines = ["won/lost: questions on which the run is better, or worse, than the one it is held against.", *tests]
    if odd := list(dict.fromkeys(run for report in reports for run in report.official)):
        lines.append(
            f"The figures of {', '.join(odd)} are those of the official script, which does not count all questions "
            "alike;\ndifferences and tests do, and so are not those of the figures."
        )
    return ["\n".join(lines)]
