"""The texts of the passages that a search found, on disk: they can be too many for memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType

from pyserini_xqg.collection.passages import Passage, parse_passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import jsonl_files, read_records

CACHE_KIB = 64 * 1024


class PassageStore:
    """Passages by id, in an SQLite file.

    Parameters
    ----------
    file : Path
    """

    def __init__(self, file: Path):
        self._database = sqlite3.connect(file, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            f"PRAGMA cache_size = -{CACHE_KIB}",
            "CREATE TABLE IF NOT EXISTS passage (id TEXT PRIMARY KEY, title TEXT, text TEXT) WITHOUT ROWID",
        ):
            self._database.execute(statement)

    def fill(self, wanted: Iterable[str], corpus: Path, on_passage: Callable[[], object] = lambda: None) -> None:
        """Take the passages with these ids from a corpus, in one pass over it.

        Raises
        ------
        InvalidInput
            One is not there.
        """
        self._database.execute("BEGIN")
        self._database.execute("DELETE FROM passage")
        self._database.executemany("INSERT OR IGNORE INTO passage (id) VALUES (?)", ((each,) for each in wanted))
        for file in jsonl_files(corpus):
            for passage in map(parse_passage, read_records(file)):
                self._database.execute(
                    "UPDATE passage SET title = ?, text = ? WHERE id = ?", (passage.title, passage.text, passage.id)
                )
                on_passage()
        self._database.execute("COMMIT")
        lacking = self._database.execute("SELECT id FROM passage WHERE text IS NULL LIMIT 1").fetchone()
        if lacking is not None:
            raise InvalidInput(
                f"{corpus} has no passage {lacking[0]!r}, which the index found: the index is of another corpus"
            )

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """The passages with these ids, in their order."""
        read = "SELECT title, text FROM passage WHERE id = ?"
        rows = ((each, *self._database.execute(read, (each,)).fetchone()) for each in ids)
        return [Passage(identifier, text, title) for identifier, title, text in rows]

    def __enter__(self) -> PassageStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._database.close()
