"""Selection of the questions that changed most, won and lost ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyserini_xqg.evaluation.comparison.differences import ChangedValue
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport


@dataclass(frozen=True)
class ChangedValues:
    """A question's values by measure, before and after."""

    question: str
    values: Mapping[str, ChangedValue]

    @property
    def first(self) -> ChangedValue:
        """By the first measure on which the question differs."""
        return next(iter(self.values.values()))

    @property
    def won(self) -> bool:
        """Whether the run is better by that measure."""
        return self.first.after > self.first.before


def changed_values(reports: Sequence[MeasureReport], run: str) -> dict[str, list[ChangedValues]]:
    """All that changed, by language; those that changed most first."""
    by_language: dict[str, dict[str, dict[str, ChangedValue]]] = {}
    for report in reports:
        for change in report.difference(run, report.baseline).changes:
            questions = by_language.setdefault(change.language, {})
            questions.setdefault(change.question, {})[report.measure] = change
    order = [report.measure for report in reports]

    def key(changed: ChangedValues) -> list[float]:
        return [-abs(each.after - each.before) if (each := changed.values.get(m)) else 0.0 for m in order]

    return {
        language: sorted((ChangedValues(question, values) for question, values in questions.items()), key=key)
        for language, questions in by_language.items()
    }


def most_changed(changed: Sequence[ChangedValues], limit: int) -> list[ChangedValues]:
    """The first ones, one half won and one half lost as far as there are any; won first."""
    won, lost = ([each for each in changed if each.won is sign] for sign in (True, False))
    of_lost = min(len(lost), max(limit // 2, limit - len(won)))
    return [*won[: limit - of_lost], *lost[:of_lost]]
