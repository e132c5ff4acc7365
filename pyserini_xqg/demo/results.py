"""Results of the demo: each condition's scores per language, the controls beside them, and what is significant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ir_measures import RR, Success

from pyserini_xqg.collection.datasets.retrieval_set import Question
from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN
from pyserini_xqg.reporting.figures import Unit
from pyserini_xqg.reporting.measure_tables import won_and_lost
from pyserini_xqg.reporting.table import Cell, Column, Mark, Table
from pyserini_xqg.reporting.text import intervals_as_text, table_as_text, tests_in_words

HITS = 10
MEASURES = {Success @ 1: "R@1", RR @ HITS: f"MRR@{HITS}"}
PLAIN, AUGMENTED = "plain", "augmented"
PERCENT = Unit(percent=True)
# As wide whatever the names and figures are.
NAME, FIGURE, TALLY = 24, 9, 8


@dataclass(frozen=True)
class ConditionScores:
    """What one condition reached.

    Attributes
    ----------
    measures : mapping
        Measure (of `MEASURES`, as ir_measures writes it) to question id to value.
    trec_eval : float
        Mean reciprocal rank over all questions, as stock trec_eval gives it.
    """

    measures: Mapping[str, Mapping[str, float]]
    trec_eval: float


def results_as_text(questions: Mapping[str, Sequence[Question]], scores: Mapping[str, ConditionScores]) -> str:
    """A table for each measure, trec_eval's figures, and how they are to be read."""
    languages = {language: [question.id for question in asked] for language, asked in questions.items()}
    qrels = {question.id: {question.passage_id: 1} for asked in questions.values() for question in asked}
    clusters = find_clusters(languages, qrels)
    parts: list[str] = []
    for number, (measure, name) in enumerate(MEASURES.items()):
        values = {condition: of.measures[str(measure)] for condition, of in scores.items()}
        controls = [(condition, AUGMENTED) for condition in scores if condition not in (PLAIN, AUGMENTED)]
        report = MeasureReport.of(name, compare_runs(values, languages, PLAIN, controls, clusters=clusters))
        parts.append(table_as_text(_table(report, tested=number == 0)))
        if number == 0:
            tests = tests_in_words([report])
            parts.append("\n".join(intervals_as_text(report, AUGMENTED)))
    count = sum(map(len, questions.values()))
    heads = [Column(f"trec_eval, {count} questions", left=True, width=NAME)]
    heads += [Column(PERCENT.value(of.trec_eval), width=FIGURE) for of in scores.values()]
    parts.append(table_as_text(Table(heads, [])))
    notes = [
        "won/lost: questions that only augmented, or only plain, ranks first.",
        *tests,
        "shuffled: queries of another passage; mean: the mean query vector for every passage.",
    ]
    parts.append("\n".join(notes))
    return "\n\n".join(parts)


def _table(report: MeasureReport, tested: bool) -> Table:
    """All conditions, and with `tested` what augmented wins and loses against plain."""
    columns = [Column(PERCENT.title(report.measure), left=True, width=NAME)]
    columns += [Column(run, width=FIGURE) for run in report.runs]
    columns += [Column("won/lost", width=TALLY), Column("p ", marked=True)] * tested
    rows = []
    for row in (*report.questions, MEAN):
        cells = [Cell(row_label(row)), *(Cell(PERCENT.value(report.value(run, row))) for run in report.runs)]
        if tested:
            found = report.difference(AUGMENTED, PLAIN).at(row)
            p = (
                Cell("")
                if found.p_holm is None
                else Cell(f"{found.p_holm:.3f} ", [Mark.SIGNIFICANT] * found.significant)
            )
            cells += [won_and_lost(found), p]
        rows.append(cells)
    return Table(columns, rows)
