"""Comparisons as the JSON of ``xqg evaluate`` has them: what tables, sentences and LaTeX are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from pyserini_xqg.evaluation.comparison.measure_report import MEAN
from pyserini_xqg.reporting.text import SIGNIFICANT
from pyserini_xqg.reporting.tsv import COLUMNS

ROUNDED = 1e-9


@dataclass(frozen=True)
class Tested:
    """A difference in one language, or of the mean, with what the tests say; None is what does not apply."""

    difference: float
    won: int | None = None
    lost: int | None = None
    test: str | None = None
    p: float | None = None
    t_test: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def significant(self) -> bool:
        """Whether the corrected p value says so."""
        return self.p is not None and self.p < SIGNIFICANT

    @property
    def clear(self) -> bool:
        """Whether there is an interval, and zero is outside of it."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class Against:
    """A run held against another one, row by row."""

    run: str
    against: str
    rows: Mapping[str, Tested]


@dataclass(frozen=True)
class MeasureTable:
    """All runs by one measure.

    Attributes
    ----------
    measure, baseline : str
    questions : mapping
        Language to how many count.
    values : mapping
        Run to row (a language, ``mean`` where there are several, a group) to its figure.
    differences : sequence of Against
    not_above : mapping
        Run to control to the rows in which the run gains and the control gains as much or more.
    percent : bool
        Whether values are shown as per cent.
    groups : mapping
        Name to languages.
    """

    measure: str
    baseline: str
    questions: Mapping[str, int]
    values: Mapping[str, Mapping[str, float | None]]
    differences: Sequence[Against]
    not_above: Mapping[str, Mapping[str, Sequence[str]]]
    percent: bool
    groups: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, measure: str, found: Mapping[str, Any], percent: bool | None = None) -> MeasureTable:
        """From one measure's object in the JSON of ``xqg evaluate``.

        Parameters
        ----------
        measure : str
        found : mapping
        percent : bool, optional
            Unless given, values are shown as per cent if all are from 0 to 1.

        Raises
        ------
        KeyError, TypeError, ValueError, AttributeError
            The object is of another form.
        """
        values = {
            str(run): {str(row): None if value is None else float(value) for row, value in rows.items()}
            for run, rows in found["values"].items()
        }
        differences = [
            Against(each["run"], each["against"], {row: _tested(cells) for row, cells in each["languages"].items()})
            for each in found["differences"]
        ]
        not_above: dict[str, dict[str, list[str]]] = {}
        for each in found["controls"]:
            not_above.setdefault(each["run"], {})[each["control"]] = [str(row) for row in each["not_above"]]
        changes = chain.from_iterable(each.get("changed", ()) for each in found["differences"])
        seen = chain(
            (value for rows in values.values() for value in rows.values() if value is not None),
            (value for change in changes for value in (change["before"], change["after"])),
        )
        table = cls(
            measure,
            str(found["baseline"]),
            {str(language): int(count) for language, count in found["questions"].items()},
            values,
            differences,
            not_above,
            all(0 <= value <= 1 for value in seen) if percent is None else percent,
            {str(name): [str(each) for each in members] for name, members in found.get("groups", {}).items()},
        )
        table._check()
        return table

    @property
    def runs(self) -> list[str]:
        """In the order in which they were named."""
        return list(self.values)

    @property
    def rows(self) -> list[str]:
        """The languages, ``mean`` where there are several, and the groups of them."""
        languages = list(self.questions)
        return [*languages, *([MEAN] if len(languages) > 1 else []), *self.groups]

    @property
    def overall(self) -> str:
        """The row that stands for all: the mean, or the only language."""
        return MEAN if len(self.questions) > 1 else next(iter(self.questions))

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

    @property
    def title(self) -> str:
        """The measure and its unit."""
        return f"{self.measure} (%)" if self.percent else self.measure

    def count(self, row: str) -> int:
        """How many questions count."""
        if row in self.questions:
            return self.questions[row]
        languages = self.questions if row == MEAN else self.groups[row]
        return sum(self.questions[language] for language in languages)

    def difference(self, run: str, against: str) -> Against | None:
        """A run held against another one, if it was."""
        return next((each for each in self.differences if (each.run, each.against) == (run, against)), None)

    def tested(self, run: str, row: str) -> Tested | None:
        """A run held against the baseline, in a row."""
        found = self.difference(run, self.baseline)
        return found.rows.get(row) if found else None

    def warned(self, run: str, row: str) -> list[str]:
        """Controls of a run that gain as much or more in a row."""
        return [control for control, rows in self.not_above.get(run, {}).items() if row in rows]

    def best(self, row: str) -> set[str]:
        """The runs whose figure, as it is shown, is the highest of several."""
        shown = {run: self.value(rows.get(row)) for run, rows in self.values.items()}
        known = {run: float(value) for run, value in shown.items() if value != NONE}
        highest = {run for run, value in known.items() if value == max(known.values())}
        return highest if len(highest) < len(self.values) else set()

    def value(self, value: float | None) -> str:
        """A figure as it is shown."""
        return NONE if value is None else f"{100 * value:.1f}" if self.percent else f"{value:.3f}"

    def signed(self, value: float) -> str:
        """A difference as it is shown, with a real minus sign."""
        return (f"{100 * value:+z.1f}" if self.percent else f"{value:+z.3f}").replace("-", "\N{MINUS SIGN}")

    def officially_otherwise(self) -> list[str]:
        """Runs whose figures are not those that the differences are of (R@kt, see the evaluation's documentation)."""
        odd: dict[str, None] = {}
        for each in self.differences:
            for row, tested in each.rows.items():
                new, old = (self.values[run].get(row) for run in (each.run, each.against))
                if new is None or old is None or abs(new - old - tested.difference) > ROUNDED:
                    odd |= dict.fromkeys([each.against, each.run])
        return list(odd)

    def _check(self) -> None:
        """Whether all that is named is there."""
        for rows in self.values.values():
            for row in self.rows:
                rows[row]
            for row in rows:
                self.count(row)
        self.values[self.baseline]
        for each in self.differences:
            for row in self.rows:
                each.rows[row]
        for name in chain.from_iterable((each.run, each.against) for each in self.differences):
            self.values[name]
        for run, of_run in self.not_above.items():
            for control in of_run:
                if None in (self.difference(run, control), self.difference(run, self.baseline)):
                    raise KeyError(f"{run} - {control}")


NONE = "\N{EN DASH}"


def p_value(value: float | None) -> str:
    """A p value as it is shown."""
    return NONE if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"


def tsv_rows(measure: str, found: Mapping[str, Any]) -> Iterator[str]:
    """The lines that ``xqg evaluate --format tsv`` has of one measure, from its JSON."""
    count = dict(found["questions"]) | {MEAN: sum(found["questions"].values())}
    for group, languages in found.get("groups", {}).items():
        count[group] = sum(found["questions"][language] for language in languages)
    for run, rows in found["values"].items():
        for row, value in rows.items():
            yield _line({"measure": measure, "run": run, "language": row, "questions": count[row], "value": value})
    for each in found["differences"]:
        for row, cells in each["languages"].items():
            place = {"measure": measure, "run": each["run"], "against": each["against"], "language": row}
            yield _line({**place, "questions": count[row], **cells})


def _line(cells: Mapping[str, Any]) -> str:
    return "\t".join("" if cells.get(column) is None else str(cells[column]) for column in COLUMNS)


def _tested(cells: Mapping[str, Any]) -> Tested:
    return Tested(
        float(cells["difference"]),
        cells.get("won"),
        cells.get("lost"),
        cells.get("test"),
        _number(cells.get("p_holm")),
        _number(cells.get("t_test_holm")),
        _number(cells.get("low")),
        _number(cells.get("high")),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
