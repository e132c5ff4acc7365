"""Comparisons as text, as a table for programs (TSV) and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pyserini_xqg.collection.languages import language_code, language_name
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.comparison.comparison import RunComparison
from pyserini_xqg.evaluation.comparison.differences import Difference, MeanDifference
from pyserini_xqg.evaluation.measures.scores import OfficialFigure
from pyserini_xqg.evaluation.questions import ALL

MEAN = "mean"


@dataclass(frozen=True)
class MeasureReport:
    """What is known of all runs by one measure.

    Attributes
    ----------
    measure : str
    comparison : RunComparison
    official : mapping
        Run to XOR-Retrieve's figures, where the measure is R@kt: these are shown for the run.
    """

    measure: str
    comparison: RunComparison
    official: Mapping[str, OfficialFigure] = field(default_factory=dict)

    def value(self, run: str, row: str) -> float | None:
        """The figure of a run in a row; None where the official script has none."""
        if run in self.official:
            official = self.official[run]
            if row in self.comparison.groups:
                of_group = [official.languages.get(language) for language in self.comparison.groups[row]]
                known = [value for value in of_group if value is not None]
                return sum(known) / len(known) if len(known) == len(of_group) else None
            return official.mean if row == MEAN else official.languages.get(row)
        if row in self.comparison.groups:
            return self.comparison.group_mean(run, row)
        return self.comparison.macro[run] if row == MEAN else self.comparison.means[run][row]

    def rows(self) -> list[str]:
        """The languages, ``mean`` where there are several, and the groups of them."""
        languages = list(self.comparison.questions)
        return [*languages, *([MEAN] if len(languages) > 1 else []), *self.comparison.groups]

    def questions(self, row: str) -> int:
        """How many count."""
        counts = self.comparison.questions
        return counts[row] if row in counts else sum(counts[name] for name in self.comparison.groups.get(row, counts))

    def differences(self) -> Iterator[Difference]:
        """Each run against the baseline, and against its controls."""
        for run, difference in self.comparison.differences.items():
            yield difference
            yield from (control.difference for control in self.comparison.controls.get(run, ()))

    def cells(self, difference: Difference, row: str) -> dict[str, object]:
        """The figures of a difference in a row. Where there is one language only, the interval is its."""
        found = difference.at(row)
        if isinstance(found, MeanDifference):
            low, high = found.interval or (None, None)
            return {"difference": found.difference, "low": low, "high": high}
        low, high = difference.interval or (None, None)
        return {
            "difference": found.difference,
            "won": found.test.won,
            "tied": found.test.tied,
            "lost": found.test.lost,
            "test": found.test.test,
            "p": found.test.p,
            "p_holm": found.p,
            "t_test": found.test.t_test,
            "t_test_holm": found.t_test,
            **({"low": low, "high": high} if len(difference.languages) == 1 else {}),
        }


def label(language: str) -> str:
    """A language's name and its code, as the questions' files write it."""
    if language in (ALL, MEAN):
        return {ALL: "all questions", MEAN: "mean of the languages"}[language]
    try:
        return f"{language_name(language_code(language))} ({language.strip()})"
    except InvalidInput:
        return language


def as_object(report: MeasureReport, with_changes: bool = False) -> dict[str, Any]:
    """What :func:`as_json` writes of one measure."""
    comparison = report.comparison
    return {
        "baseline": comparison.baseline,
        "questions": dict(comparison.questions),
        "values": {run: {row: report.value(run, row) for row in report.rows()} for run in comparison.macro},
        "differences": [
            {
                "run": difference.run,
                "against": difference.against,
                "languages": {row: report.cells(difference, row) for row in report.rows()},
            }
            | ({"changed": [asdict(change) for change in difference.changes]} if with_changes else {})
            for difference in report.differences()
        ],
        "controls": [
            {"run": run, "control": each.control, "not_above": [*each.not_above, *[MEAN] * each.mean_not_above]}
            for run, controls in comparison.controls.items()
            for each in controls
        ],
        **(
            {"groups": {name: list(of_group) for name, of_group in comparison.groups.items()}}
            if comparison.groups
            else {}
        ),
    }
