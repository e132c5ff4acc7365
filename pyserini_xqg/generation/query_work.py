"""Work of writing queries: what is to be made of what stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.collection.queries import PassageQueries, parse_queries
from pyserini_xqg.storage.jsonl import read_records
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.parts import FileParts


@dataclass(frozen=True)
class QueryWork:
    """What is to be done.

    Attributes
    ----------
    manifest : Manifest
        Of what is made; counts are not there yet.
    earlier : Manifest or None
        Of what stood there before.
    had, asked : mapping of str to int
        Queries of each language that a passage was to have before, and is to have.
    """

    manifest: Manifest
    earlier: Manifest | None
    had: Mapping[str, int]
    asked: Mapping[str, int]

    @property
    def todo(self) -> int:
        """Queries that a passage gets."""
        return sum(n - self.had.get(language, 0) for language, n in self.asked.items())

    def records(self, output: Path, number: int) -> list[PassageQueries] | None:
        """What stood there before, of a part."""
        file = FileParts(output, "part", 0).file(number)
        return [*map(parse_queries, read_records(file))] if self.had else None
