"""What the figures of a comparison say, in words, and no more than they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pyserini_xqg.evaluation.comparison.measure_report import MEAN, label
from pyserini_xqg.evaluation.comparison.significance import CONFIDENCE
from pyserini_xqg.reporting.tables import MeasureTable, Tested, p_value


class Verdict(StrEnum):
    """What a run's mean shows against the baseline."""

    GAIN = "gain"
    LOSS = "loss"
    UNCLEAR = "no clear difference"


@dataclass(frozen=True)
class Finding:
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


def findings(tables: Iterable[MeasureTable]) -> list[Finding]:
    """One a measure and run that is held against the baseline (see :attr:`MeasureTable.compared`)."""
    return [_finding(table, run) for table in tables for run in table.compared]


def _finding(table: MeasureTable, run: str) -> Finding:
    tested = table.tested(run, table.overall)
    assert tested is not None
    sentences = [_overall(table, run, tested)]
    if len(table.questions) > 1:
        sentences += _languages(table, run)
    warnings = []
    controls = table.not_above.get(run, {})
    for control, rows in controls.items():
        against = table.difference(run, control)
        assert against is not None
        of_all = against.rows[table.overall]
        shown = _with_interval(table, of_all)
        where = "on the mean of the languages" if table.overall == MEAN else "on all questions"
        if table.overall in rows:
            warnings.append(
                f"Not above its control: {control} gains as much as {run} or more {where}; {run} - {control} is "
                f"{shown}."
            )
        elif tested.difference > 0 and not _clear(table, of_all):
            warnings.append(f"Not clearly above its control {control} {where}: {run} - {control} is {shown}.")
        else:
            sentences.append(f"Against its control {control}: {shown}.")
        if named := [row for row in rows if row != table.overall]:
            warnings.append(
                f"Not above its control {control} in {len(named)} of {len(table.questions)} languages: "
                f"{', '.join(map(label, named))}."
            )
    if not controls and tested.difference > 0:
        sentences.append("No control was given, so where the gain comes from is not known.")
    verdict = _verdict(table, tested)
    where = " on the mean of the languages" if verdict is not Verdict.UNCLEAR and table.overall == MEAN else ""
    headline = ", ".join([f"{verdict.value}{where}", *_reservations(table, run, verdict)])
    return Finding(table.measure, run, table.baseline, verdict, headline, sentences, warnings)


def _reservations(table: MeasureTable, run: str, verdict: Verdict) -> list[str]:
    """What has to be said with a verdict."""
    reservations = []
    if verdict is not Verdict.UNCLEAR and table.overall == MEAN:
        tested = [table.tested(run, language) for language in table.questions]
        reservations += [] if any(each and each.significant for each in tested) else ["significant in no language"]
    if verdict is Verdict.GAIN and table.warned(run, table.overall):
        reservations.append("not above its control")
    return reservations


def _overall(table: MeasureTable, run: str, tested: Tested) -> str:
    old, new = (table.value(table.values[name][table.overall]) for name in (table.baseline, run))
    where = f"mean of {len(table.questions)} languages" if len(table.questions) > 1 else label(table.overall)
    return f"{run} has {new} and {table.baseline} {old} ({where}): {_with_interval(table, tested)}."


def _with_interval(table: MeasureTable, tested: Tested) -> str:
    parts = []
    if tested.low is not None and tested.high is not None:
        inside = ", which has zero in it"
        if tested.clear:
            nearest = table.signed(min(tested.low, tested.high, key=abs))
            inside = "" if _shows(nearest) else ", which just leaves zero out"
        parts.append(f"{CONFIDENCE:.0%} interval {table.signed(tested.low)} to {table.signed(tested.high)}{inside}")
    if tested.p is not None:
        parts.append(f"p {_equals(tested.p)}")
    return f"{table.signed(tested.difference)} ({'; '.join(parts) or 'no interval'})"


def _equals(p: float) -> str:
    return p_value(p) if p_value(p).startswith("<") else f"= {p_value(p)}"


def _languages(table: MeasureTable, run: str) -> list[str]:
    found = {row: tested for row in table.questions if (tested := table.tested(run, row)) is not None}
    gained = {row: each for row, each in found.items() if _shows(table.signed(each.difference))}
    parts = []
    for word, sign in (("up", 1), ("down", -1)):
        rows = {row: each for row, each in gained.items() if sign * each.difference > 0}
        significant = [row for row, each in rows.items() if each.significant]
        said = f": {', '.join(map(label, significant))}" if significant else ""
        number = len(significant) if significant else "none"
        parts.append(f"{word} in {len(rows)} of {len(found)}" + (f" ({number} significantly{said})" if rows else ""))
    return [f"By language it goes {' and '.join(parts)}."]


def _shows(difference: str) -> bool:
    """Whether a difference as it is shown is another one than zero."""
    return bool(difference.strip("+0.\N{MINUS SIGN}"))


def _clear(table: MeasureTable, tested: Tested) -> bool:
    return tested.clear if tested.p is None else tested.significant


def _verdict(table: MeasureTable, tested: Tested) -> Verdict:
    if not _clear(table, tested):
        return Verdict.UNCLEAR
    return Verdict.GAIN if tested.difference > 0 else Verdict.LOSS
