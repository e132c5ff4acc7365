"""Shards: the parts of some work, dealt out to processes that do not speak with each other.

Each process gets neighbouring parts: a gzipped input is then read once from end to end, and two processes write to the
same block of a file only where their parts meet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyserini_xqg.errors import UsageError

WRITTEN = re.compile(r"(\d+)/(\d+)")


@dataclass(frozen=True)
class Shard:
    """One of several shares of some work.

    Parameters
    ----------
    number, total : int
        Which one, from 1 on, of how many.

    Raises
    ------
    UsageError
        There is no such share.
    """

    number: int
    total: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.total:
            raise UsageError(f"shard is {self}: K/N with K from 1 to N is expected, as 2/8")

    @classmethod
    def parse(cls, text: str) -> Shard:
        """A shard as the command line has it, ``2/8``."""
        found = WRITTEN.fullmatch(text)
        if found is None:
            raise UsageError(f"shard is {text!r}: K/N with K from 1 to N is expected, as 2/8")
        return cls(*map(int, found.groups()))

    def of(self, parts: int) -> range:
        """The numbers of its parts, of so many in all."""
        return range(parts * (self.number - 1) // self.total, parts * self.number // self.total)

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"
