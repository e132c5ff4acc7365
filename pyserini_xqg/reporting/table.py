"""Tables as they are shown: columns, rows of cells, and marks; text, HTML and LaTeX are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Mark(Enum):
    """What a sign behind a figure says; which sign it is depends on the format."""

    SIGNIFICANT = "the p value, corrected where it is one of several, is below the level"
    ABOVE = "significantly above the baseline"
    BELOW = "significantly below the baseline"
    NOT_ABOVE = "a control gains as much or more"


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    head : str
    left : bool
        Whether it holds text, which is aligned to the left, and not figures.
    marked : bool
        Whether there is room for marks.
    apart : bool
        Whether it begins a group of columns.
    width : int
        How many characters wide it is at least, as text.
    """

    head: str
    left: bool = False
    marked: bool = False
    apart: bool = False
    width: int = 0


@dataclass(frozen=True)
class Cell:
    """A figure or a text, and its marks; minus signs and dashes of figures are typographic (− and –)."""

    text: str
    marks: Sequence[Mark] = ()
    best: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    columns : sequence of Column
    rows : sequence of sequences of Cell
        One a column.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
