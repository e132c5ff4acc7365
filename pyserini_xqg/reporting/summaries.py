"""Summaries of runs: what their figures say, in words, and no more than they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN, RowDifference, RunDifference
from pyserini_xqg.evaluation.comparison.significance import CONFIDENCE
from pyserini_xqg.reporting.figures import MINUS, Unit, p_value
from pyserini_xqg.reporting.sentences import Name, Sentence, joined, sentence


class Verdict(StrEnum):
    """What a run's mean shows against the baseline, and against its controls."""

    GAIN = "gain"
    NOT_ABOVE = "gain, not clearly above its control"
    LOSS = "loss"
    UNCLEAR = "no clear difference"


@dataclass(frozen=True)
class RunSummary:
    """What is said of one run by one measure.

    Attributes
    ----------
    measure, run, baseline : str
    verdict : Verdict
    headline : Sentence
        The verdict and what belongs to it.
    sentences : sequence of Sentence
    not_above : sequence of Sentence
        What has to be seen first: controls that gain as much or more, that the run is significantly below, or that it
        is not clearly above.
    """

    measure: str
    run: str
    baseline: str
    verdict: Verdict
    headline: Sentence
    sentences: Sequence[Sentence]
    not_above: Sequence[Sentence] = field(default_factory=tuple)


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
    reservations = _reservations(report, gain)
    for control, rows in report.not_above.get(run, {}).items():
        shown = _with_interval(unit, report.difference(run, control).rows[report.overall])
        less = sentence(f"{{}} {MINUS} {{}} is {shown}.", Name(run), Name(control))
        where = "on the mean of the languages" if report.overall == MEAN else "on all questions"
        reservation = reservations.get(control, "")
        if reservation == NO_MORE:
            warnings.append(
                sentence(
                    f"Not above its control: {{}} gains as much as {{}} or more {where}; {{}}",
                    Name(control),
                    Name(run),
                    less,
                )
            )
        elif reservation:
            said = reservation[0].upper() + reservation[1:]
            warnings.append(sentence(f"{said} {{}} {where}: {{}}", Name(control), less))
        else:
            sentences.append(sentence(f"Against its control {{}}: {shown}.", Name(control)))
        if named := [row for row in rows if row != report.overall]:
            warnings.append(
                sentence(
                    f"Not above its control {{}} in {len(named)} of {len(report.questions)} languages: {{}}.",
                    Name(control),
                    _labels(named),
                )
            )
    if not report.not_above.get(run) and tested.difference > 0:
        sentences.append(Sentence(["No control was given, so where the gain comes from is not known."]))
    verdict = _verdict(tested)
    parts = [f"{verdict.value}{' on the mean of the languages' if _of_mean(report, verdict) else ''}"]
    if _of_mean(report, verdict) and not any(gain.rows[language].significant for language in report.questions):
        parts.append("significant in no language")
    told = {c: said for c, said in reservations.items() if verdict is Verdict.GAIN or said == BELOW}
    parts += [sentence(f"{said} {{}}", Name(control)) for control, said in told.items()]
    verdict = Verdict.NOT_ABOVE if verdict is Verdict.GAIN and told else verdict
    return RunSummary(report.measure, run, report.baseline, verdict, joined(parts), sentences, warnings)


# What a run is to a control, the gravest first.
BELOW, NO_MORE, HARDLY_ABOVE = (
    "significantly below its control",
    "not above its control",
    "not clearly above its control",
)


def _reservations(report: MeasureReport, gain: RunDifference) -> Mapping[str, str]:
    """What has to be said with a verdict, of the controls that the run is not clearly above."""
    found = {}
    for control in report.not_above.get(gain.run, {}):
        of_all = report.difference(gain.run, control).rows[report.overall]
        if of_all.difference < 0 and _clear(of_all):
            found[control] = BELOW
        elif control in report.controls_not_below(gain.run, report.overall):
            found[control] = NO_MORE
        elif gain.rows[report.overall].difference > 0 and not _clear(of_all):
            found[control] = HARDLY_ABOVE
    return found


def _of_mean(report: MeasureReport, verdict: Verdict) -> bool:
    return verdict is not Verdict.UNCLEAR and report.overall == MEAN


def _labels(rows: Iterable[str]) -> Sentence:
    return joined(Name(row_label(row)) for row in rows)


def _overall(report: MeasureReport, unit: Unit, run: str, tested: RowDifference) -> Sentence:
    old, new = (unit.value(report.value(name, report.overall)) for name in (report.baseline, run))
    where = f"mean of {len(report.questions)} languages" if len(report.questions) > 1 else row_label(report.overall)
    form = f"{{}} has {new} and {{}} {old} ({{}}): {_with_interval(unit, tested)}."
    return sentence(form, Name(run), Name(report.baseline), Name(where))


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


def _languages(report: MeasureReport, unit: Unit, gain: RunDifference) -> Sentence:
    found = {row: gain.rows[row] for row in report.questions}
    gained = {row: each for row, each in found.items() if _shows(unit.signed(each.difference))}
    parts = []
    for word, sign in (("up", 1), ("down", -1)):
        rows = {row: each for row, each in gained.items() if sign * each.difference > 0}
        significant = [row for row, each in rows.items() if each.significant]
        said = sentence(": {}", _labels(significant)) if significant else ""
        number = len(significant) if significant else "none"
        of = f"{word} in {len(rows)} of {len(found)}"
        parts.append(sentence(f"{of} ({number} significantly{{}})", said) if rows else of)
    return sentence("By language it goes {}.", joined(parts, " and "))


def _shows(difference: str) -> bool:
    """Whether a difference as it is shown is another one than zero."""
    return bool(difference.strip("+0.\N{MINUS SIGN}"))


def _clear(tested: RowDifference) -> bool:
    return tested.clear if tested.p_holm is None else tested.significant


def _verdict(tested: RowDifference) -> Verdict:
    if not _clear(tested):
        return Verdict.UNCLEAR
    return Verdict.GAIN if tested.difference > 0 else Verdict.LOSS
