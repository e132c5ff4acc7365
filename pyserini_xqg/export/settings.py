"""Settings of an export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from pyserini_xqg.errors import UsageError

Format = Literal["jsonl", "parquet", "lucene-flat", "lucene-hnsw", "queries"]
FORMATS: tuple[Format, ...] = get_args(Format)
LUCENE = ("lucene-flat", "lucene-hnsw")


@dataclass(frozen=True)
class ExportSettings:
    """What an index is exported as.

    Parameters
    ----------
    format : {"jsonl", "parquet", "lucene-flat", "lucene-hnsw", "queries"}
        jsonl and parquet: the vectors in files; lucene-flat and lucene-hnsw: an index that stock pyserini.search.lucene
        searches with --dense; queries: only the encoded --topics.
    topics : sequence of (str, str or Path)
        Topics file of a language, whose questions are encoded for stock Pyserini; repeated.
    part_size : int
        Passages a file of vectors; a stopped export goes on after the last whole one.
    threads : int or None
        Threads that build a Lucene index; None: 1 for a graph, whose edges depend on chance with several, else all.
    """

    format: Format
    topics: Sequence[tuple[str, str | Path]] = field(default=(), metadata={"metavar": "LANG=FILE"})
    part_size: int = 65536
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise UsageError(f"format is {self.format!r}: one of {', '.join(FORMATS)} is expected")
        if self.part_size < 1:
            raise UsageError(f"part_size is {self.part_size}: at least 1 is expected")
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads is {self.threads}: at least 1 is expected")
        if self.format == "queries" and not self.topics:
            raise UsageError("the format queries is of encoded questions: give --topics LANG=FILE")
        for language, _ in self.topics:
            if not language or "/" in language or language.startswith("."):
                raise UsageError(f"topics of {language!r}: a language is expected, which names a file")
