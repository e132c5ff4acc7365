"""Summaries of runs: what their figures say, in words, and no more than they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN, RowDifference, RunDifference
from pyserini_xqg.evaluation.comparison.significance import CONFIDENCE
from pyserini_xqg.reporting.figures import Unit, p_value


class Verdict(StrEnum):
    """What a run's mean shows against the baseline."""

    GAIN = "gain"
    LOSS = "loss"
    UNCLEAR = "no clear difference"


@dataclass(frozen=True)
class RunSummary:
    """What is said of one run by one measure.

    Attributes
    ----------
    measure, run, baseline : str
    verdict : Verdict
    headline : str
        The verdict and what belongs to it.
    sentences : sequence of str
    not_above : sequence of str
        What has to be seen first: controls that gain as much or more, or that the run is not clearly above.
    """

    measure: str
    run: str
    baseline: str
    verdict: Verdict
    headline: str
    sentences: Sequence[str]
    not_above: Sequence[str] = field(default_factory=tuple)


def run_summaries(reports: Iterable[MeasureReport]) -> list[RunSummary]:
    """One a measure and run that is held against the baseline (see :attr:`MeasureReport.compared`)."""
    return [_summary(report, run) for report in reports for run in report.compared]


def _summary(report: MeasureReport, run: str) -> RunSummary:
    unit = Unit.of(report)
    gain = report.difference(run, report.baseline)
    tested = gain.rows[report.overall]
    sentences = [_overall(report, unit, run, tested)]
    if len(report.questions) > 1:
        sentences.append(_languages(report, unit, gain))
    warnings = []
    controls = report.not_above.get(run, {})
    for control, rows in controls.items():
        of_all = report.difference(run, control).rows[report.overall]
        shown = _with_interval(unit, of_all)
        where = "on the mean of the languages" if report.overall == MEAN else "on all questions"
        if report.overall in rows:
            warnings.append(
                f"Not above its control: {control} gains as much as {run} or more {where}; {run} - {control} is "
                f"{shown}."
            )
        elif tested.difference > 0 and not _clear(of_all):
            warnings.append(f"Not clearly above its control {control} {where}: {run} - {control} is {shown}.")
        else:
            sentences.append(f"Against its control {control}: {shown}.")
        if named := [row for row in rows if row != report.overall]:
            warnings.append(
                f"Not above its control {control} in {len(named)} of {len(report.questions)} languages: "
                f"{', '.join(map(row_label, named))}."
            )
    if not controls and tested.difference > 0:
        sentences.append("No control was given, so where the gain comes from is not known.")
    verdict = _verdict(tested)
    where = " on the mean of the languages" if verdict is not Verdict.UNCLEAR and report.overall == MEAN else ""
    headline = ", ".join([f"{verdict.value}{where}", *_reservations(report, gain, verdict)])
    return RunSummary(report.measure, run, report.baseline, verdict, headline, sentences, warnings)


def _reservations(report: MeasureReport, gain: RunDifference, verdict: Verdict) -> list[str]:
    """What has to be said with a verdict."""
    reservations = []
    if verdict is not Verdict.UNCLEAR and report.overall == MEAN:
        tested = [gain.rows[language] for language in report.questions]
        reservations += [] if any(each.significant for each in tested) else ["significant in no language"]
    if verdict is Verdict.GAIN and report.controls_not_below(gain.run, report.overall):
        reservations.append("not above its control")
    return reservations


def _overall(report: MeasureReport, unit: Unit, run: str, tested: RowDifference) -> str:
    old, new = (unit.value(report.value(name, report.overall)) for name in (report.baseline, run))
    where = f"mean of {len(report.questions)} languages" if len(report.questions) > 1 else row_label(report.overall)
    return f"{run} has {new} and {report.baseline} {old} ({where}): {_with_interval(unit, tested)}."


def _with_interval(unit: Unit, tested: RowDifference) -> str:
    parts = []
    if tested.low is not None and tested.high is not None:
        inside = ", which has zero in it"
        if tested.clear:
            nearest = unit.signed(min(tested.low, tested.high, key=abs))
            inside = "" if _shows(nearest) else ", which just leaves zero out"
        parts.append(f"{CONFIDENCE:.0%} interval {unit.signed(tested.low)} to {unit.signed(tested.high)}{inside}")
    if tested.p_holm is not None:
        parts.append(f"p {_equals(tested.p_holm)}")
    return f"{unit.signed(tested.difference)} ({'; '.join(parts) or 'no interval'})"


def _equals(p: float) -> str:
    return p_value(p) if p_value(p).startswith("<") else f"= {p_value(p)}"


def _languages(report: MeasureReport, unit: Unit, gain: RunDifference) -> str:
    found = {row: gain.rows[row] for row in report.questions}
    gained = {row: each for row, each in found.items() if _shows(unit.signed(each.difference))}
    parts = []
    for word, sign in (("up", 1), ("down", -1)):
        rows = {row: each for row, each in gained.items() if sign * each.difference > 0}
        significant = [row for row, each in rows.items() if each.significant]
        said = f": {', '.join(map(row_label, significant))}" if significant else ""
        number = len(significant) if significant else "none"
        parts.append(f"{word} in {len(rows)} of {len(found)}" + (f" ({number} significantly{said})" if rows else ""))
    return f"By language it goes {' and '.join(parts)}."


def _shows(difference: str) -> bool:
    """Whether a difference as it is shown is another one than zero."""
    return bool(difference.strip("+0.\N{MINUS SIGN}"))


def _clear(tested: RowDifference) -> bool:
    return tested.clear if tested.p_holm is None else tested.significant


def _verdict(tested: RowDifference) -> Verdict:
    if not _clear(tested):
        return Verdict.UNCLEAR
    return Verdict.GAIN if tested.difference > 0 else Verdict.LOSS
