"""Comparisons as tab-separated values, for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport

TESTED = ("difference", "won", "tied", "lost", "test", "p", "p_holm", "t_test", "t_test_holm", "low", "high")


COLUMNS = ("measure", "run", "against", "language", "questions", "value", *TESTED)


CHANGE_COLUMNS = ("measure", "run", "against", "language", "question", "before", "after")


def as_tsv(reports: Iterable[MeasureReport]) -> str:
    """One line a measure, run and language: first the run's figures, then its differences to others."""
    lines: list[Mapping[str, object]] = []
    for report in reports:
        for run in report.comparison.macro:
            lines += [
                {
                    "measure": report.measure,
                    "run": run,
                    "language": language,
                    "questions": report.questions(language),
                    "value": report.value(run, language),
                }
                for language in report.rows()
            ]
        for difference in report.differences():
            lines += [
                {
                    "measure": report.measure,
                    "run": difference.run,
                    "against": difference.against,
                    "language": language,
                    "questions": report.questions(language),
                    **report.cells(difference, language),
                }
                for language in report.rows()
            ]
    return _tsv(COLUMNS, lines)


def changes_as_tsv(reports: Iterable[MeasureReport]) -> str:
    """One line a measure, run and question on which the run differs from the baseline."""
    lines = (
        {"measure": report.measure, "run": difference.run, "against": difference.against, **asdict(change)}
        for report in reports
        for difference in report.comparison.differences.values()
        for change in difference.changes
    )
    return _tsv(CHANGE_COLUMNS, lines)


def _tsv(columns: Sequence[str], lines: Iterable[Mapping[str, object]]) -> str:
    cells = ("\t".join(_cell(line.get(column)) for column in columns) for line in lines)
    return "\n".join(["\t".join(columns), *cells])


def _cell(value: object) -> str:
    return "" if value is None else str(value)
