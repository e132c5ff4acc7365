"""Tables of a measure: all runs, and one run beside the baseline and its controls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyserini_xqg.evaluation.comparison.clusters import NONE as NO_CLUSTERS
from pyserini_xqg.evaluation.comparison.clusters import PASSAGE, QUESTION, ClusterSizes
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN, RowDifference
from pyserini_xqg.evaluation.comparison.significance import SIGNIFICANT, TESTS
from pyserini_xqg.reporting.figures import NONE, Unit, p_value
from pyserini_xqg.reporting.table import Cell, Column, Mark, Table


@dataclass(frozen=True)
class Interval:
    """A run's difference to another one with its bootstrap interval, as they are shown; no bounds without interval."""

    run: str
    against: str
    what: str
    difference: str
    bounds: tuple[str, str] | None


def title(report: MeasureReport) -> str:
    """The measure and its unit."""
    return Unit.of(report).title(report.measure)


def overview(report: MeasureReport) -> Table:
    """All runs, one a column, with marks where they differ from the baseline or are not above a control."""
    unit = Unit.of(report)
    columns = [Column(title(report), left=True), Column("questions")]
    columns += [Column(run, marked=run != report.baseline) for run in report.runs]
    return Table(columns, [_overview_row(report, unit, row) for row in report.rows])


def detail(report: MeasureReport, run: str) -> Table:
    """A run beside the baseline, their difference and its tests, and the same of each of its controls."""
    unit, baseline = Unit.of(report), report.baseline
    gain = report.difference(run, baseline)
    controls = [(control, report.difference(run, control)) for control in report.not_above.get(run, {})]
    graded = is_graded(report, run)
    columns = [Column(title(report), left=True), Column("questions"), Column(baseline), Column(run)]
    columns += [Column("difference"), Column("won/lost"), Column("p", marked=True)]
    columns += [Column("t-test", marked=True)] * graded
    for control, _ in controls:
        columns += [Column(control, apart=True), Column(f"{run} - {control}", marked=True), Column("p", marked=True)]
    rows = []
    for row in report.rows:
        cells = [*row_cells(report, row), *(Cell(unit.value(report.value(name, row))) for name in (baseline, run))]
        if row in report.predicted:
            cells += [Cell(NONE), Cell(""), Cell("")] + [Cell("")] * graded
            for control, _ in controls:
                cells += [Cell(unit.value(report.value(control, row))), Cell(NONE), Cell("")]
            rows.append(cells)
            continue
        found = gain.at(row)
        cells += [Cell(unit.signed(found.difference)), won_and_lost(found), p_cell(found.p_holm)]
        if graded:
            cells.append(Cell(NONE) if row in report.questions and found.t_test is None else p_cell(found.t_test_holm))
        for control, difference in controls:
            of_row = difference.at(row)
            cells += [
                Cell(unit.value(report.value(control, row))),
                Cell(unit.signed(of_row.difference), not_above_mark(report, run, row, control)),
                p_cell(of_row.p_holm),
            ]
        rows.append(cells)
    return Table(columns, rows)


def intervals(report: MeasureReport, run: str) -> list[Interval]:
    """The mean difference of a run to the baseline, and to each of its controls, and those of groups of languages."""
    unit = Unit.of(report)
    found = []
    for row in (report.overall, *report.groups):
        what = row_label(row) if row == MEAN or row in report.groups else "difference"
        for against in (report.baseline, *report.not_above.get(run, {})):
            difference = report.difference(run, against).at(row)
            low, high = difference.low, difference.high
            bounds = None if low is None or high is None else (unit.signed(low), unit.signed(high))
            found.append(Interval(run, against, what, unit.signed(difference.difference), bounds))
    return found


def is_graded(report: MeasureReport, run: str) -> bool:
    """Whether the values are graded, so that there is a t-test beside the randomisation test."""
    rows = report.difference(run, report.baseline).rows
    return any(rows[language].test == "randomisation" for language in report.questions)


def used_tests(reports: Iterable[MeasureReport]) -> list[str]:
    """The tests of languages that were used, in words."""
    differences = [(report, each) for report in reports for each in report.differences]
    used = {each.rows[language].test for report, each in differences for language in report.questions}
    return [text for name, text in TESTS.items() if name in used]


def clusters_in_words(reports: Iterable[MeasureReport]) -> list[str]:
    """A sentence on what tests exchange and intervals draw as one, for each way in which reports do it."""
    return list(dict.fromkeys(_clusters(each.clusters) for each in reports if each.clusters and each.differences))


def _clusters(found: ClusterSizes) -> str:
    what = {
        QUESTION: "translations of one question go together",
        PASSAGE: "translations of one question and questions of one relevant passage go together",
        NO_CLUSTERS: "each question is one",
    }.get(found.by, f"as {found.by} says")
    shown = f"{found.clusters:,} clusters of {found.questions:,} questions, the largest of {found.largest:,}: {what}"
    warning = f"; {found.warning}" if found.warning else ""
    return f"{shown}. Tests exchange and intervals draw whole clusters{warning}."


def row_cells(report: MeasureReport, row: str) -> list[Cell]:
    """What a row begins with: its name, and how many questions count."""
    return [Cell(row_label(row)), Cell(f"{report.count(row):,}")]


def won_and_lost(found: RowDifference) -> Cell:
    """Questions on which a run is better, and worse."""
    return Cell("" if found.won is None else f"{found.won}/{found.lost}")


def p_cell(p: float | None) -> Cell:
    """A p value, marked where it is significant; empty where there is no test."""
    return Cell("") if p is None else Cell(p_value(p), (Mark.SIGNIFICANT,) * (p < SIGNIFICANT))


def not_above_mark(report: MeasureReport, run: str, row: str, *controls: str) -> tuple[Mark, ...]:
    """The mark of a row in which one of some controls, of any unless they are given, gains as much as the run."""
    found = report.controls_not_below(run, row)
    return (Mark.NOT_ABOVE,) * any(control in found for control in controls or found)


def _overview_row(report: MeasureReport, unit: Unit, row: str) -> list[Cell]:
    shown = {run: unit.value(report.value(run, row)) for run in report.runs}
    known = {run: float(text) for run, text in shown.items() if text != NONE}
    highest = {run for run, value in known.items() if value == max(known.values())}
    best = highest if len(highest) < len(shown) else set()
    return [
        *row_cells(report, row),
        *(Cell(text, _marks(report, run, row), run in best) for run, text in shown.items()),
    ]


def _marks(report: MeasureReport, run: str, row: str) -> tuple[Mark, ...]:
    marks = not_above_mark(report, run, row)
    gain = report.gain(run)
    if gain is None or row in report.predicted:
        return marks
    return (Mark.SIGNIFICANT, *marks) if gain.at(row).significant else marks
