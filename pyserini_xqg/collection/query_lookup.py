"""Lookup of the generated queries of any passage, whatever the order of the two files, with neither of them in memory.

The ids and the places of the queries go into an SQLite file in the working folder, which goes when the lookup closes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from gzip import GzipFile
from io import BufferedReader
from pathlib import Path

from pyserini_xqg.collection.queries import PassageQueries, parse_queries
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.id_store import IdStore
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records
from pyserini_xqg.storage.text_files import open_binary

TABLES = (
    "passage (id TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID",
    "queries (row INTEGER PRIMARY KEY, file INTEGER, offset INTEGER, line INTEGER)",
)


@dataclass
class QueryCounts:
    """What a scan of the queries at `path` found; `sha256` is of the names and bytes of the files."""

    path: Path | None = None
    records: int = 0
    unknown_ids: int = 0
    sha256: str | None = None
    per_language: Counter[str] = field(default_factory=Counter)

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


class QueryLookup:
    """The rows of passage ids, and the places of their queries.

    Parameters
    ----------
    folder : Path
        For scratch files.
    """

    def __init__(self, folder: Path):
        self.rows = 0
        self._folder = folder
        self._files: list[Path] = []
        self._handles: list[BufferedReader | GzipFile] = []
        self._store = IdStore(folder / "query-lookup.sqlite", TABLES)

    def __enter__(self) -> QueryLookup:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.close()
        self._store.close(remove=True)
        for scratch in self._folder.glob("queries-*.unpacked"):
            scratch.unlink()

    def add_passage(self, identifier: str) -> bool:
        """Give the next row to a passage; False if its id has one already."""
        if not self._store.insert("passage", identifier, self.rows):
            return False
        self.rows += 1
        return True

    def add_queries(self, path: Path) -> QueryCounts:
        """Check and note all queries of a file or folder; after the passages.

        Raises
        ------
        MissingInput, InvalidInput
            See :func:`pyserini_xqg.collection.parse_queries`; also for two records of one passage, and where no id is
            a passage's.
        """
        counts, digest = QueryCounts(path), hashlib.sha256()
        for file in jsonl_files(path):
            digest.update(os.fsencode(file.name))
            previous, in_order = -1, True
            for record in read_records(file, on_bytes=digest.update):
                queries = parse_queries(record)
                counts.records += 1
                row = self._row(queries.id)
                if row is None:
                    counts.unknown_ids += 1
                    continue
                if not self._store.insert("queries", row, len(self._files), record.offset, record.line):
                    raise record.invalid(
                        f"queries of {queries.id!r} were there before; one record a passage is expected"
                    )
                found = {language: len(texts) for language, texts in queries.queries.items() if texts}
                counts.per_language.update(found)
                in_order &= row > previous
                previous = row
            self._handles.append(self._seekable(file, in_order))
            self._files.append(file)
        if not counts.passages:
            raise InvalidInput(
                f"{path}: none of its {counts.records} records has the id of a passage; were they made for another "
                "corpus?"
            )
        counts.sha256 = digest.hexdigest()
        return counts

    def queries_of(self, rows: Iterable[int]) -> list[PassageQueries | None]:
        """The queries of the passages in the given rows; None for a passage without a record."""
        return [self._queries_of(row) for row in rows]

    def _row(self, identifier: str) -> int | None:
        found = self._store.first("SELECT row FROM passage WHERE id = ?", identifier)
        return None if found is None else found[0]

    def _queries_of(self, row: int) -> PassageQueries | None:
        place = self._store.first("SELECT file, offset, line FROM queries WHERE row = ?", row)
        if place is None:
            return None
        number, offset, line = place
        self._handles[number].seek(offset)
        return parse_queries(Record.parse(self._handles[number].readline(), self._files[number], line, offset))

    def _seekable(self, file: Path, in_order: bool) -> BufferedReader | GzipFile:
        """The file, open at any offset; gzip only goes forward, so what is out of order is unpacked first."""
        source = open_binary(file)
        if in_order or not isinstance(source, GzipFile):
            return source
        unpacked = self._folder / f"queries-{len(self._files)}.unpacked"
        with source, unpacked.open("wb") as target:
            shutil.copyfileobj(source, target)
        return unpacked.open("rb")
