"""Comparisons as tables for the eye: one for each measure and run, its controls beside it, and one of all runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyserini_xqg.evaluation.comparison.comparison import ControlDifference
from pyserini_xqg.evaluation.comparison.differences import Difference, LanguageDifference
from pyserini_xqg.evaluation.comparison.measure_report import MEAN, MeasureReport, label
from pyserini_xqg.evaluation.comparison.significance import CONFIDENCE, ROUNDING

SIGNIFICANT = 0.05
TESTS = {"mcnemar": "exact McNemar test (hits)", "randomisation": "paired randomisation test (graded values)"}


def as_text(reports: Sequence[MeasureReport], with_changes: bool = False) -> str:
    """The tables, and below them how they are to be read; `with_changes` adds the questions that changed."""
    parts = []
    for report in reports:
        controls = {each.control for of_run in report.comparison.controls.values() for each in of_run}
        with_controls = report.comparison.controls.keys()
        shown = [
            each for run, each in report.comparison.differences.items() if run not in controls or run in with_controls
        ]
        if len(shown) != 1:
            parts.append(_figures(report))
        parts += [_table(report, each) for each in shown]
        if with_changes:
            parts += [_changes(report, each) for each in shown]
    return "\n\n".join([*parts, *_legend(reports)])


def _figures(report: MeasureReport) -> str:
    """All runs, with marks where they differ from the baseline by more than chance."""
    unit, runs, differences = _Unit(report), list(report.comparison.macro), report.comparison.differences
    rows = [[unit.title, "questions", *(f"{run} " if run in differences else run for run in runs)]]
    for row in report.rows():
        cells = [label(row), f"{report.questions(row):,}"]
        for run in runs:
            cells.append(unit.value(report.value(run, row)))
            if run in differences:
                found = differences[run].languages.get(row)
                cells[-1] += "*" if found is not None and found.p < SIGNIFICANT else " "
        rows.append(cells)
    marks = f"\n\n* differs from {report.comparison.baseline}, p < {SIGNIFICANT}" if differences else ""
    return aligned(rows) + marks


def _table(report: MeasureReport, difference: Difference) -> str:
    unit, comparison = _Unit(report), report.comparison
    run, baseline = difference.run, difference.against
    controls = comparison.controls.get(run, ())
    graded = any(found.test.test == "randomisation" for found in difference.languages.values())
    tests = ["p ", "t-test "] if graded else ["p "]
    rows = [[unit.title, "questions", baseline, run, "difference", "won/lost", *tests]]
    for control in controls:
        rows[0] += ["|", control.control, f"{run} - {control.control} ", "p "]
    for row in report.rows():
        cells = [label(row), f"{report.questions(row):,}"]
        cells += [unit.value(report.value(name, row)) for name in (baseline, run)]
        found = difference.languages.get(row)
        cells += [unit.difference(difference.at(row).difference)]
        cells += ["", *[""] * len(tests)] if found is None else _tested(found, graded)
        for control in controls:
            of_row = control.difference.languages.get(row)
            above = unit.difference(control.difference.at(row).difference)
            cells += ["|", unit.value(report.value(control.control, row))]
            cells += [
                f"{above}{'!' if row in _not_above(control) else ' '}",
                "" if of_row is None else shown_p(of_row.p),
            ]
        rows.append(cells)
    return "\n".join([aligned(rows), "", *_below(unit, difference, controls)])


def _tested(found: LanguageDifference, graded: bool) -> list[str]:
    cells = [f"{found.test.won}/{found.test.lost}", shown_p(found.p)]
    return [*cells, "- " if found.t_test is None else shown_p(found.t_test)] if graded else cells


def _below(unit: _Unit, difference: Difference, controls: Sequence[ControlDifference]) -> list[str]:
    lines = [_interval(unit, each) for each in (difference, *(control.difference for control in controls))]
    for control in controls:
        if rows := _not_above(control):
            lines.append(
                f"! {control.control} gains as much as {difference.run} or more: {', '.join(map(label, rows))}. What "
                f"{difference.run} gains there need not come from what sets it apart from its control."
            )
    return lines


def _interval(unit: _Unit, difference: Difference) -> str:
    what = "mean of the languages" if len(difference.languages) > 1 else "difference"
    start = f"{difference.run} - {difference.against}, {what}: {unit.difference(difference.mean)}"
    if difference.interval is None:
        return f"{start} (no interval: a language has fewer than two questions)"
    low, high = map(unit.difference, difference.interval)
    return f"{start}, {CONFIDENCE:.0%} interval {low} to {high}"


def _not_above(control: ControlDifference) -> list[str]:
    return [*control.not_above, *[MEAN] * control.mean_not_above]


def _changes(report: MeasureReport, difference: Difference) -> str:
    start = f"{report.measure}: questions on which {difference.run} differs from {difference.against}"
    if not difference.changes:
        return f"{start}: none"
    rows = [["language", "question", difference.against, difference.run]]
    rows += [
        [change.language.strip(), change.question, f"{change.before:.4g}", f"{change.after:.4g}"]
        for change in difference.changes
    ]
    return f"{start}\n{aligned(rows, left=2)}"


def _legend(reports: Sequence[MeasureReport]) -> list[str]:
    differences = [each for report in reports for each in report.comparison.differences.values()]
    used = {found.test.test for each in differences for found in each.languages.values()}
    if not used:
        return []
    tests = " or ".join(text for name, text in TESTS.items() if name in used)
    count = max(len(each.languages) for each in differences)
    holm = f", Holm-corrected over {count} languages" if count > 1 else ""
    lines = [
        "won/lost: questions on which the run is better, or worse, than the one it is held against.",
        f"p: {tests}{holm}, * below {SIGNIFICANT}.",
        *(["t-test: the paired t-test, likewise."] if "randomisation" in used else []),
        "interval: bootstrap over the questions of each language.",
    ]
    if odd := _officially_otherwise(reports):
        lines.append(
            f"The figures of {', '.join(odd)} are those of the official script, which does not count all questions "
            "alike;\ndifferences and tests do, and so are not those of the figures."
        )
    return ["\n".join(lines)]


def _officially_otherwise(reports: Iterable[MeasureReport]) -> list[str]:
    """Runs whose official figures are not means over the questions."""
    return list(
        dict.fromkeys(
            run
            for report in reports
            for run in report.official
            for language in report.comparison.questions
            if (value := report.value(run, language)) is None
            or abs(value - report.comparison.means[run][language]) > ROUNDING
        )
    )


class _Unit:
    """Values from 0 to 1 are shown as per cent, others as they are."""

    def __init__(self, report: MeasureReport):
        changes = (change for difference in report.differences() for change in difference.changes)
        values = [value for change in changes for value in (change.before, change.after)]
        values += [value for of_run in report.comparison.means.values() for value in of_run.values()]
        self._percent = all(0 <= value <= 1 for value in values)
        self.title = f"{report.measure} (%)" if self._percent else report.measure

    def value(self, value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.1f}" if self._percent else f"{value:.3f}"

    def difference(self, value: float) -> str:
        return f"{100 * value:+z.1f}" if self._percent else f"{value:+z.3f}"


def shown_p(value: float) -> str:
    """A p value, with a mark where it is significant."""
    shown = "<0.001" if value < 0.001 else f"{value:.3f}"
    return f"{shown}{'*' if value < SIGNIFICANT else ' '}"


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Columns two blanks apart, the first `left` of them aligned to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number < left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
