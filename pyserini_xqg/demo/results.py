"""Results of the demo: what was gained, each condition's scores per language, and what is significant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pyserini_xqg.demo.conditions import AUGMENTED, BOTH, CONTROLS
from pyserini_xqg.demo.search import HITS
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN
from pyserini_xqg.evaluation.evaluate import evaluate_files
from pyserini_xqg.evaluation.run_files import RunFiles
from pyserini_xqg.reporting.figures import MINUS, Unit, p_value
from pyserini_xqg.reporting.measure_tables import won_and_lost
from pyserini_xqg.reporting.summaries import Verdict, run_summaries
from pyserini_xqg.reporting.table import Cell, Column, Mark, Table
from pyserini_xqg.reporting.text import intervals_as_text, table_as_text, tests_in_words

FIRST, RANKS = "R@1", f"MRR@{HITS}"
PERCENT = Unit(percent=True)
# As wide whatever the names and figures are.
NAME, FIGURE, TALLY = 24, 9, 8


def reports_of(files: RunFiles) -> dict[str, MeasureReport]:
    """The runs compared by :data:`FIRST` and :data:`RANKS`, under these names."""
    measured = evaluate_files(replace(files, measures=("Success@1", f"RR@{HITS}")))
    return {name: replace(report, measure=name) for name, report in zip((FIRST, RANKS), measured, strict=True)}


def results_as_text(reports: Mapping[str, MeasureReport], trec_eval: Mapping[str, float]) -> str:
    """What was gained, a table for each measure, trec_eval's figures, and how they are to be read.

    Parameters
    ----------
    reports : mapping
        As :func:`reports_of` gives them.
    trec_eval : mapping
        Condition to its mean reciprocal rank over all questions.
    """
    first = reports[FIRST]
    parts = [gains_in_words(first), table_as_text(_table(first, tested=True))]
    parts.append("\n".join(line for run in (AUGMENTED, BOTH) for line in intervals_as_text(first, run)))
    parts.append(table_as_text(_table(reports[RANKS], tested=False)))
    heads = [Column(f"trec_eval, {sum(first.questions.values())} questions", left=True, width=NAME)]
    heads += [Column(PERCENT.value(trec_eval[run]), width=FIGURE) for run in first.runs]
    parts.append(table_as_text(Table(heads, [])))
    notes = [
        "Questions are asked of an index with the queries of their language; augmented vectors have unit length.",
        "won/lost: questions that only augmented, or only plain, ranks first; p is of their difference.",
        *tests_in_words([first]),
        "shuffled: queries of another passage; mean: the mean query vector for every passage.",
        "hubness: half of the mean query direction taken out, no queries added; both: queries and that.",
    ]
    parts.append("\n".join(notes))
    return "\n\n".join(parts)


def gains_in_words(report: MeasureReport) -> str:
    """One line: what the conditions with a passage's own queries gain, and what they are to their controls."""
    said = []
    for summary in run_summaries([report]):
        gain = report.difference(summary.run, report.baseline).overall.difference
        old, new = (PERCENT.value(report.value(run, report.overall)) for run in (report.baseline, summary.run))
        words = str(summary.headline)
        if summary.verdict is Verdict.GAIN:  # else the headline names the control
            controls = [control for control, run in CONTROLS if run == summary.run]
            words += f", significantly above {' and '.join(controls)}"
        said.append(f"{summary.run} {PERCENT.signed(gain).replace(MINUS, '-')} ({old} to {new}), {words}")
    return f"{report.measure}: {'; '.join(said)}."


def _table(report: MeasureReport, tested: bool) -> Table:
    """All conditions, and with `tested` what augmented wins and loses against plain."""
    columns = [Column(PERCENT.title(report.measure), left=True, width=NAME)]
    columns += [Column(run, width=FIGURE) for run in report.runs]
    columns += [Column("won/lost", width=TALLY), Column("p ", marked=True)] * tested
    rows = []
    for row in (*report.questions, MEAN):
        cells = [Cell(row_label(row)), *(Cell(PERCENT.value(report.value(run, row))) for run in report.runs)]
        if tested:
            found = report.difference(AUGMENTED, report.baseline).at(row)
            p = (
                Cell("")
                if found.p_holm is None
                else Cell(f"{p_value(found.p_holm)} ", [Mark.SIGNIFICANT] * found.significant)
            )
            cells += [won_and_lost(found), p]
        rows.append(cells)
    return Table(columns, rows)
