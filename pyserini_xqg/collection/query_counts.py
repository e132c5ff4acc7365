"""Counts of generated queries: what a scan of them found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput


@dataclass
class QueryCounts:
    """What a scan of the queries at `path` found.

    Attributes
    ----------
    path : Path or None
    records, unknown_ids : int
        How many records there are, and how many of them have no passage's id.
    sha256 : str or None
        Of the names and bytes of the files.
    per_language : Counter
        How many queries passages have.
    used_passages, used_queries : int
        How many passages have queries that count, and how many queries those are.
    """

    path: Path | None = None
    records: int = 0
    unknown_ids: int = 0
    sha256: str | None = None
    per_language: Counter[str] = field(default_factory=Counter)
    used_passages: int = 0
    used_queries: int = 0

    @classmethod
    def from_dict(cls, values: dict[str, Any], path: Path | None) -> QueryCounts:
        """Counts from their fields, of the queries at `path`."""
        return cls(**{**values, "path": path, "per_language": Counter(values["per_language"])})

    def as_dict(self) -> dict[str, Any]:
        """The counts in a form that JSON has: what :meth:`from_dict` takes."""
        return {**vars(self), "path": None, "per_language": dict(self.per_language)}

    @property
    def passages(self) -> int:
        """How many passages have a record."""
        return self.records - self.unknown_ids

    def languages(self, asked: Sequence[str] | None) -> list[str]:
        """The codes of the languages to use: those asked for, or all.

        Raises
        ------
        InvalidInput
            There is no query, or none in a language that was asked for.
        """
        found = sorted(self.per_language)
        if self.records and not found:
            raise InvalidInput(
                f"{self.path}: none of the {self.passages} records of these passages has a query; were all dropped "
                "when they were made? The counts in the xqg.json beside them say so. Give others, or no --queries"
            )
        missing = [code for code in asked or () if code not in found]
        if missing:
            raise InvalidInput(f"{self.path}: no queries in {', '.join(missing)}; there are some in {', '.join(found)}")
        return found if asked is None else list(asked)
