"""Figures as they are shown: per cent or not, differences with their sign, p values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport

NONE, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Unit:
    """How the values of a measure are shown: as per cent, or as they are."""

    percent: bool

    @classmethod
    def of(cls, report: MeasureReport) -> Unit:
        """Per cent if all values that are known, of runs and of single questions, are from 0 to 1."""
        changes = chain.from_iterable(each.changes for each in report.differences)
        figures = (value for rows in report.values.values() for value in rows.values() if value is not None)
        return cls.of_values(chain(figures, (value for each in changes for value in (each.before, each.after))))

    @classmethod
    def of_values(cls, values: Iterable[float]) -> Unit:
        """Per cent if all are from 0 to 1."""
        return cls(all(0 <= value <= 1 for value in values))

    def title(self, measure: str) -> str:
        """The measure and its unit."""
        return f"{measure} (%)" if self.percent else measure

    def value(self, value: float | None) -> str:
        """A figure."""
        return NONE if value is None else f"{100 * value:.1f}" if self.percent else f"{value:.3f}"

    def signed(self, value: float) -> str:
        """A difference, with a real minus sign."""
        return (f"{100 * value:+z.1f}" if self.percent else f"{value:+z.3f}").replace("-", MINUS)


def p_value(value: float | None) -> str:
    """A p value."""
    return NONE if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"
