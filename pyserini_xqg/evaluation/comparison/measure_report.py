"""Measure reports: the figures of all runs by one measure, which every table, TSV and JSON is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pyserini_xqg.collection.languages import canonical_code, language_name
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.comparison.clusters import ClusterSizes
from pyserini_xqg.evaluation.comparison.comparison import RunComparison
from pyserini_xqg.evaluation.comparison.differences import Difference, LanguageDifference, MeanDifference
from pyserini_xqg.evaluation.comparison.row_differences import MEAN, RowDifference, RunDifference
from pyserini_xqg.evaluation.comparison.significance import ROUNDING
from pyserini_xqg.evaluation.measures.scores import OfficialFigure
from pyserini_xqg.evaluation.questions import ALL

# A figure and a difference of figures that were computed apart differ by no more.
ROUNDED = 1e-9


@dataclass(frozen=True)
class MeasureReport:
    """What is known of all runs by one measure.

    Attributes
    ----------
    measure, baseline : str
    questions : mapping
        Language to how many count.
    values : mapping
        Run to row to its figure; None where the official script has none.
    differences : sequence of RunDifference
        Each run against the baseline, and behind it against its controls.
    not_above : mapping
        Run to control to the rows in which the run gains on the baseline and the control gains as much or more.
    groups : mapping
        Name to languages.
    official : sequence of str
        Runs whose figures are XOR-Retrieve's and not means over the questions; none where that is not known.
    clusters : ClusterSizes or None
        What tests exchange and intervals draw as one; None where that is not known.
    predicted : sequence of str
        Languages of R@kt's predictions that no question has; their figures count in the official mean.
    """

    measure: str
    baseline: str
    questions: Mapping[str, int]
    values: Mapping[str, Mapping[str, float | None]]
    differences: Sequence[RunDifference] = ()
    not_above: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    official: Sequence[str] = ()
    clusters: ClusterSizes | None = None
    predicted: Sequence[str] = ()

    @classmethod
    def of(
        cls, measure: str, comparison: RunComparison, official: Mapping[str, OfficialFigure] | None = None
    ) -> MeasureReport:
        """From a comparison.

        Parameters
        ----------
        measure : str
        comparison : RunComparison
        official : mapping, optional
            Run to XOR-Retrieve's figures, where the measure is R@kt: these are shown for the run.
        """
        official = {run: figure.named_as(comparison.questions) for run, figure in (official or {}).items()}
        named = dict.fromkeys(language for of_run in official.values() for language in of_run.languages)
        predicted = [language for language in named if language not in comparison.questions]
        rows = _rows(comparison.questions, predicted, comparison.groups)
        values = {
            run: {row: _value(comparison, official.get(run), run, row) for row in rows} for run in comparison.macro
        }
        differences = [
            _difference(each, [row for row in rows if row not in predicted]) for each in _differences(comparison)
        ]
        mean = [row for row in rows if row == MEAN]
        not_above = {
            run: {each.control: [*each.not_above, *mean * each.mean_not_above] for each in controls}
            for run, controls in comparison.controls.items()
        }
        otherwise = [
            run
            for run in official
            if any(
                (value := values[run][language]) is None or abs(value - mean) > ROUNDING
                for language, mean in comparison.means[run].items()
            )
            or abs(official[run].mean - comparison.macro[run]) > ROUNDING
        ]
        return cls(
            measure,
            comparison.baseline,
            dict(comparison.questions),
            values,
            differences,
            not_above,
            comparison.groups,
            otherwise,
            comparison.clusters,
            predicted,
        )

    @property
    def runs(self) -> list[str]:
        """In the order in which they were named."""
        return list(self.values)

    @property
    def rows(self) -> list[str]:
        """The languages, ``mean`` where there are several, and the groups of them."""
        return _rows(self.questions, self.predicted, self.groups)

    @property
    def overall(self) -> str:
        """The row that stands for all: the mean, or the only language."""
        return MEAN if MEAN in self.rows else next(iter(self.questions))

    @property
    def controls(self) -> set[str]:
        """Runs that are controls."""
        return {control for of_run in self.not_above.values() for control in of_run}

    @property
    def compared(self) -> list[str]:
        """Runs that are neither the baseline nor a control, and controls that have controls themselves."""
        return [
            run for run in self.runs if run != self.baseline and (run not in self.controls or run in self.not_above)
        ]

    def count(self, row: str) -> int:
        """How many questions count."""
        if row in self.questions or row in self.predicted:
            return self.questions.get(row, 0)
        return sum(self.questions[language] for language in (self.questions if row == MEAN else self.groups[row]))

    def value(self, run: str, row: str) -> float | None:
        """The figure of a run in a row; the mean has one even where there is one language."""
        return self.values[run][self.overall if row == MEAN else row]

    def difference(self, run: str, against: str) -> RunDifference:
        """A run held against another one.

        Raises
        ------
        KeyError
            It was not.
        """
        for each in self.differences:
            if (each.run, each.against) == (run, against):
                return each
        raise KeyError(f"{run} - {against}")

    def gain(self, run: str) -> RunDifference | None:
        """A run held against the baseline; None of the baseline itself."""
        return None if run == self.baseline else self.difference(run, self.baseline)

    def controls_not_below(self, run: str, row: str) -> list[str]:
        """Controls of a run that gain as much or more in a row."""
        return [control for control, rows in self.not_above.get(run, {}).items() if row in rows]

    def officially_otherwise(self) -> list[str]:
        """Runs of differences that are not those of their figures (R@kt, see the evaluation's documentation)."""
        odd: dict[str, None] = {}
        for each in self.differences:
            for row, found in each.rows.items():
                new, old = (self.values[run].get(row) for run in (each.run, each.against))
                if new is None or old is None or abs(new - old - found.difference) > ROUNDED:
                    odd |= dict.fromkeys([each.against, each.run])
        return list(odd)


def row_label(row: str) -> str:
    """A row's name: that of a language with its code as the questions' files write it, or of all of them."""
    if row in (ALL, MEAN):
        return {ALL: "all questions", MEAN: "mean of the languages"}[row]
    try:
        return f"{language_name(canonical_code(row))} ({row.strip()})"
    except InvalidInput:
        return row


def _rows(questions: Mapping[str, int], predicted: Sequence[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    languages = [*questions, *predicted]
    return [*languages, *([MEAN] if len(languages) > 1 else []), *groups]


def _value(comparison: RunComparison, official: OfficialFigure | None, run: str, row: str) -> float | None:
    if official is not None:
        if row in comparison.groups:
            of_group = [official.languages.get(language) for language in comparison.groups[row]]
            known = [value for value in of_group if value is not None]
            return sum(known) / len(known) if len(known) == len(of_group) else None
        return official.mean if row == MEAN else official.languages.get(row)
    if row in comparison.groups:
        return comparison.group_mean(run, row)
    return comparison.macro[run] if row == MEAN else comparison.means[run][row]


def _differences(comparison: RunComparison) -> Iterator[Difference]:
    for run, difference in comparison.differences.items():
        yield difference
        yield from (control.difference for control in comparison.controls.get(run, ()))


def _difference(found: Difference, rows: Sequence[str]) -> RunDifference:
    by_row = {row: _row_difference(found.at(row)) for row in rows}
    return RunDifference(found.run, found.against, by_row, _row_difference(found.overall), found.changes)


def _row_difference(found: LanguageDifference | MeanDifference) -> RowDifference:
    low, high = found.interval or (None, None)
    if isinstance(found, MeanDifference):
        return RowDifference(found.difference, low, high, test="randomisation", p=found.p, p_holm=found.p)
    test = found.test
    return RowDifference(
        found.difference,
        low,
        high,
        won=test.won,
        tied=test.tied,
        lost=test.lost,
        test=test.test,
        p=test.p,
        p_holm=found.p,
        t_test=test.t_test,
        t_test_holm=found.t_test,
    )
