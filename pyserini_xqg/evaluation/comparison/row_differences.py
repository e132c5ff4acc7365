"""Differences of two runs row by row: languages, their mean, and groups of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyserini_xqg.evaluation.comparison.differences import ChangedValue
from pyserini_xqg.evaluation.comparison.significance import SIGNIFICANT

# The row of the mean over the languages.
MEAN = "mean"


@dataclass(frozen=True)
class RowDifference:
    """A difference in one row: a language, their mean, or a group of them. None is what does not apply.

    Attributes
    ----------
    difference : float
    low, high : float or None
        The bootstrap interval.
    won, tied, lost : int or None
        Questions.
    test : str or None
        Name of the test.
    p, p_holm : float or None
        Its p value, and the same Holm-corrected over the languages; that of a mean is not corrected, and both are one.
    t_test, t_test_holm : float or None
        Likewise of the t-test.
    """

    difference: float
    low: float | None = None
    high: float | None = None
    won: int | None = None
    tied: int | None = None
    lost: int | None = None
    test: str | None = None
    p: float | None = None
    p_holm: float | None = None
    t_test: float | None = None
    t_test_holm: float | None = None

    @property
    def significant(self) -> bool:
        """Whether the corrected p value says so."""
        return self.p_holm is not None and self.p_holm < SIGNIFICANT

    @property
    def clear(self) -> bool:
        """Whether there is an interval, and zero is outside of it."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True)
class RunDifference:
    """A run held against another one.

    Attributes
    ----------
    run, against : str
        Differences are those of `run` minus those of `against`.
    rows : mapping
        Row (see :meth:`MeasureReport.rows`) to difference; none of languages that only predictions have.
    overall : RowDifference
        Of the mean of the languages, be it of one only.
    changes : sequence of ChangedValue
        The questions on which they differ; none where they are not known.
    """

    run: str
    against: str
    rows: Mapping[str, RowDifference]
    overall: RowDifference
    changes: Sequence[ChangedValue] = ()

    def at(self, row: str) -> RowDifference:
        """That of a row; the mean has one even where there is one language."""
        return self.overall if row == MEAN else self.rows[row]
