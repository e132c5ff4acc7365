"""Passages by id, on disk: those that a search found can be too many for memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.id_store import IdStore

TABLES = ("passage (id TEXT PRIMARY KEY, title TEXT, text TEXT) WITHOUT ROWID",)


class PassageStore:
    """Passages by id, in an SQLite file.

    Parameters
    ----------
    file : Path
    """

    def __init__(self, file: Path):
        self._file = file
        self._store: IdStore | None = None

    def fill(self, wanted: Iterable[str], passages: Iterable[Passage], corpus: Path) -> None:
        """Take the passages with these ids from those of a corpus.

        Raises
        ------
        InvalidInput
            One is not there.
        """
        self.close()  # a run that was killed here may have left no whole file
        self._store = store = IdStore(self._file, TABLES)
        store.insert_all("passage", ((each,) for each in wanted), ["id"])
        for passage in passages:
            store.execute(
                "UPDATE passage SET title = ?, text = ? WHERE id = ?", passage.title, passage.text, passage.id
            )
        store.save()
        lacking = store.first("SELECT id FROM passage WHERE text IS NULL LIMIT 1")
        if lacking is not None:
            raise InvalidInput(
                f"{corpus} has no passage {lacking[0]!r}, which the index found: the index is of another corpus"
            )

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        """The passages with these ids, in their order; after :meth:`fill`, of this run or an earlier one."""
        if self._store is None:
            self._store = IdStore(self._file, TABLES, is_fresh=False)
        found = []
        for identifier in ids:
            row = self._store.first("SELECT title, text FROM passage WHERE id = ?", identifier)
            assert row is not None
            title, text = row
            found.append(Passage(identifier, text, title))
        return found

    def close(self) -> None:
        """Close the file."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def __enter__(self) -> PassageStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
