"""Text of an alignment: accuracy per language beside the controls, and the means by every measure."""

from __future__ import annotations

from collections.abc import Mapping

from pyserini_xqg.evaluation.alignment.alignment import Alignment
from pyserini_xqg.evaluation.alignment.conditions import CONTROLS
from pyserini_xqg.evaluation.alignment.pair_measures import ACCURACY
from pyserini_xqg.evaluation.alignment.vectors import PLAIN
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN
from pyserini_xqg.reporting.figures import Unit
from pyserini_xqg.reporting.measure_tables import direction_mark, not_above_mark, p_cell, row_cells, won_and_lost
from pyserini_xqg.reporting.table import Cell, Column, Table
from pyserini_xqg.reporting.text import DIRECTIONS, table_as_text, tests_in_words

PERCENT = Unit(percent=True)
LEGEND = (
    "difference: to plain; ! a control gains as much or more; means: + above plain, - below it, p < 0.05. shuffled: "
    "queries of another sentence; mean: the mean query vector; hubness: no queries, but a share of the mean query's "
    "direction taken out."
)


def alignment_as_text(alignment: Alignment) -> str:
    """For each similarity ``A@1`` per language, with significance and controls, and all measures as means."""
    parts = []
    for similarity, chosen in alignment.chosen.items():
        of_similarity = {
            report.measure.removeprefix(f"{similarity} "): report
            for report in alignment.reports
            if report.measure.startswith(f"{similarity} ")
        }
        tables = [_languages(similarity, of_similarity[ACCURACY], run) for run in chosen or (None,)]
        parts += [table_as_text(table) for table in tables]
        parts.append(table_as_text(_means([PLAIN, *chosen], of_similarity), DIRECTIONS))
        for what, of_runs in (("weights", chosen), ("shares of hubness", alignment.shares.get(similarity, {}))):
            if of_runs:
                lines = (f"  {run}: {', '.join(f'{value:g}' for value in values)}" for run, values in of_runs.items())
                parts.append(
                    "\n".join([f"{what}, for each fold the best by {similarity} {ACCURACY} of the others:", *lines])
                )
    return "\n\n".join([*parts, "\n".join([LEGEND, *tests_in_words(alignment.reports)])])


def _languages(similarity: str, report: MeasureReport, run: str | None) -> Table:
    """One measure in each language: plain, with queries, and the controls of these."""
    columns = [Column(PERCENT.title(f"{similarity} {ACCURACY}"), left=True), Column("pairs"), Column(PLAIN)]
    if run is not None:
        columns += [Column(run), Column("difference", marked=True), Column("won/lost"), Column("p", marked=True)]
        columns += [Column(control, apart=not number) for number, control in enumerate(CONTROLS)]
    rows = []
    for row in (*report.questions, MEAN):
        cells = [*row_cells(report, row), _value(report, PLAIN, row)]
        if run is not None:
            found = report.difference(run, PLAIN).at(row)
            signed = Cell(PERCENT.signed(found.difference), not_above_mark(report, run, row))
            cells += [_value(report, run, row), signed, won_and_lost(found), p_cell(found.p_holm)]
            cells += [_value(report, control, row) for control in report.not_above[run]]
        rows.append(cells)
    return Table(columns, rows)


def _means(runs: list[str], reports: Mapping[str, MeasureReport]) -> Table:
    """The mean of the languages, and of each group of them, by every measure."""
    columns = [Column("means (%)", left=True), Column("languages"), *(Column(run, marked=True) for run in runs)]
    rows = []
    for measure, report in reports.items():
        for group in (MEAN, *report.groups):
            languages = report.groups.get(group, report.questions)
            values = [_value(report, run, group) for run in runs]
            rows.append([Cell(f"{measure}, {row_label(group)}"), Cell(str(len(languages))), *values])
    return Table(columns, rows)


def _value(report: MeasureReport, run: str, row: str) -> Cell:
    return Cell(PERCENT.value(report.value(run, row)), direction_mark(report, run, row))
