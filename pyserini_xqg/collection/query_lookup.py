"""Lookup of the generated queries of any passage, whatever the order of the two files, with neither of them in memory.

The ids and the places of the queries go into an SQLite file in the working folder, which goes when the lookup closes,
unless it is kept for another one.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from gzip import GzipFile
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from pyserini_xqg.collection.queries import PassageQueries, parse_queries
from pyserini_xqg.collection.query_counts import QueryCounts
from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.files import changed
from pyserini_xqg.storage.id_store import IdStore
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records
from pyserini_xqg.storage.text_files import open_binary

TABLES = (
    "passage (id TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID",
    "queries (row INTEGER PRIMARY KEY, file INTEGER, offset INTEGER, line INTEGER, digest INTEGER, pattern INTEGER)",
)
STORE, UNPACKED = "query-lookup.sqlite", "queries-{}.unpacked"
# A folder of queries can have more files than a process may have open.
OPEN_FILES = 64


class QueryLookup:
    """The rows of passage ids, and the places of their queries.

    Parameters
    ----------
    folder : Path
        For scratch files.
    kept : (dict, Path or None) or None
        What :meth:`keep` gave, whose files are in `folder`, and where the queries are, the same files.
    """

    def __init__(self, folder: Path, kept: tuple[dict[str, Any], Path | None] | None = None):
        self.rows = 0
        self._folder = folder
        self._files: list[Path] = []
        self._unpacked: dict[int, Path] = {}
        # The one that was used last comes last.
        self._handles: OrderedDict[int, BufferedReader | GzipFile] = OrderedDict()
        # The numbers of queries by language that occur, numbered as they come; first that of passages without a record.
        self._patterns: dict[tuple[tuple[str, int], ...], int] = {(): 0}
        self._is_kept = kept is not None
        self._store = IdStore(folder / STORE, TABLES, is_final=kept is not None)
        if kept is not None:
            self._restore(*kept)

    @staticmethod
    def files_in(folder: Path) -> list[Path]:
        """The files of a lookup in a folder, as far as they are there."""
        return [*folder.glob(STORE), *sorted(folder.glob(UNPACKED.format("*")))]

    @property
    def files(self) -> list[Path]:
        """Its files: what is found by id, and unpacked queries."""
        return [self._store.file, *self._unpacked.values()]

    def keep(self) -> dict[str, Any]:
        """Leave its files where they are, and give what a lookup that opens them has to know, in a form that JSON has;
        after the queries.
        """
        self._store.save()
        self._is_kept = True
        return {
            "rows": self.rows,
            "patterns": [list(map(list, each)) for each in self._patterns],
            "unpacked": [*self._unpacked],
        }

    def _restore(self, kept: dict[str, Any], path: Path | None) -> None:
        self.rows = kept["rows"]
        self._files = [] if path is None else jsonl_files(path)
        patterns = (tuple((language, count) for language, count in each) for each in kept["patterns"])
        self._patterns = {pattern: number for number, pattern in enumerate(patterns)}
        self._unpacked = {number: self._folder / UNPACKED.format(number) for number in kept["unpacked"]}

    def __enter__(self) -> QueryLookup:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles.values():
            handle.close()
        self._store.close()
        if not self._is_kept:
            for scratch in self.files_in(self._folder):
                scratch.unlink(missing_ok=True)

    def add_passage(self, identifier: str) -> bool:
        """Give the next row to a passage; False if its id has one already."""
        if not self._store.insert("passage", identifier, self.rows):
            return False
        self.rows += 1
        return True

    def add_queries(
        self,
        path: Path,
        languages: Sequence[str] | None = None,
        num_queries: int | None = None,
        in_any_order: bool = False,
    ) -> QueryCounts:
        """Check and note all queries of a file or folder; after the passages.

        Parameters
        ----------
        path : Path
        languages : sequence of str or None
            Whose queries count; None: of all.
        num_queries : int or None
            How many of each language count, the first ones; None: all.
        in_any_order : bool
            Whether they will be asked for in another order than that of the passages.

        Raises
        ------
        MissingInput, InvalidInput
            See :func:`pyserini_xqg.collection.parse_queries`; also for two records of one passage, and where no id is
            a passage's.
        """
        counts, digest = QueryCounts(path), hashlib.sha256()
        last, raw, in_order = -1, b"", True
        jumping: set[int] = set()  # files that are not in the order of the rows themselves

        def on_bytes(line: bytes) -> None:
            nonlocal raw
            raw = line
            digest.update(line)

        for file in jsonl_files(path):
            digest.update(os.fsencode(file.name))
            number = len(self._files)
            self._files.append(file)
            previous = -1
            for record in read_records(file, on_bytes=on_bytes):
                queries = parse_queries(record)
                counts.records += 1
                row = self._row(queries.id)
                if row is None:
                    counts.unknown_ids += 1
                    continue
                found = {language: len(texts) for language, texts in queries.queries.items() if texts}
                pattern = self._patterns.setdefault(tuple(sorted(found.items())), len(self._patterns))
                if not self._store.insert("queries", row, number, record.offset, record.line, _digest(raw), pattern):
                    raise record.invalid(
                        f"queries of {queries.id!r} were there before; one record a passage is expected"
                    )
                counts.per_language.update(found)
                used = [
                    count if num_queries is None else min(count, num_queries)
                    for language, count in found.items()
                    if languages is None or language in languages
                ]
                counts.used_passages += bool(used)
                counts.used_queries += sum(used)
                if row < previous:
                    jumping.add(number)
                in_order &= row > last
                previous = last = row
        few = in_order or len(self._files) <= OPEN_FILES
        self._unpack(jumping if few and not in_any_order else range(len(self._files)))
        if not counts.passages:
            raise InvalidInput(
                f"{path}: none of its {counts.records} records has the id of a passage; were they made for another "
                "corpus?"
            )
        counts.sha256 = digest.hexdigest()
        return counts

    def queries_of(self, rows: Iterable[int]) -> list[PassageQueries | None]:
        """The queries of the passages in the given rows; None for a passage without a record.

        Raises
        ------
        XqgError
            A record is no longer what it was when it was added.
        """
        return [self._queries_of(row) for row in rows]

    def numbers(self, languages: Sequence[str], num_queries: int | None) -> QueryNumbers:
        """How many queries the passages have in each of `languages`, of the first `num_queries` (None: of all)."""
        patterns = np.zeros((len(self._patterns), len(languages)), dtype=np.int64)
        for pattern, number in self._patterns.items():
            found = dict(pattern)
            patterns[number] = [found.get(language, 0) for language in languages]
        of_row = np.zeros(self.rows, dtype=np.int32)
        for row, number in self._store.execute("SELECT row, pattern FROM queries"):
            of_row[row] = number
        return QueryNumbers.of_patterns(patterns if num_queries is None else np.minimum(patterns, num_queries), of_row)

    def _row(self, identifier: str) -> int | None:
        found = self._store.first("SELECT row FROM passage WHERE id = ?", identifier)
        return None if found is None else found[0]

    def _queries_of(self, row: int) -> PassageQueries | None:
        place = self._store.first("SELECT file, offset, line, digest FROM queries WHERE row = ?", row)
        if place is None:
            return None
        number, offset, line, digest = place
        file = self._files[number]
        with _damage_is_change(file):
            handle = self._handle(number)
            handle.seek(offset)
            raw = handle.readline()
        if _digest(raw) != digest:
            raise changed(file)
        return parse_queries(Record.parse(raw, file, line, offset))

    def _handle(self, number: int) -> BufferedReader | GzipFile:
        """A file, open; the one that was not used for longest is closed where there are too many."""
        if number not in self._handles:
            if len(self._handles) >= OPEN_FILES:
                _, idle = self._handles.popitem(last=False)
                idle.close()
            self._handles[number] = open_binary(self._unpacked.get(number, self._files[number]))
        self._handles.move_to_end(number)
        return self._handles[number]

    def _unpack(self, numbers: Iterable[int]) -> None:
        """Unpack files that are gzip, which only goes forward: from one place to an earlier one, and when it is opened
        again, it starts at the beginning.
        """
        for number in numbers:
            file = self._files[number]
            with _damage_is_change(file), open_binary(file) as source:
                if isinstance(source, GzipFile):
                    self._unpacked[number] = unpacked = self._folder / UNPACKED.format(number)
                    with unpacked.open("wb") as target:
                        shutil.copyfileobj(source, target)


def _digest(raw: bytes) -> int:
    """Of a line, as SQLite keeps numbers."""
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), signed=True)


@contextmanager
def _damage_is_change(file: Path) -> Iterator[None]:
    """The file was whole when it was checked."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise changed(file) from error
