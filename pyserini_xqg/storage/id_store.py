"""SQLite files for what is found by id or number and is too much for memory.

They hold nothing that cannot be made again: they are fast, and not safe from a power cut while they are filled.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

CACHE_KIB = 256 * 1024


class IdStore:
    """An SQLite file. One thread at a time uses it, though not always the same one.

    Parameters
    ----------
    file : Path
    tables : sequence of str
        ``NAME (COLUMN, ...)`` as SQLite has them.
    is_fresh : bool
        Whether what is there gives way; else it is read.
    is_final : bool
        Whether nobody writes to it any more: then any number of processes read it, without a lock.

    Raises
    ------
    OSError
        Here and in all methods: the disk is full.
    """

    def __init__(self, file: Path, tables: Sequence[str], *, is_fresh: bool = True, is_final: bool = False):
        self.file = file
        if is_final:
            file.stat()  # SQLite's error would be none of the system's
        elif is_fresh:
            file.unlink(missing_ok=True)
        # Shared file systems may have no locks, and the file has one user at a time.
        how = "immutable=1" if is_final else "nolock=1"
        self._database = sqlite3.connect(
            f"{file.absolute().as_uri()}?{how}", isolation_level=None, check_same_thread=False, uri=True
        )
        self.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if not is_final:
            for statement in (
                "PRAGMA journal_mode = OFF",
                "PRAGMA synchronous = OFF",
                *(f"CREATE TABLE IF NOT EXISTS {table}" for table in tables),
                "BEGIN",
            ):
                self.execute(statement)

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        """The outcome of one statement."""
        with self._full_disk_named():
            return self._database.execute(statement, values)

    def first(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        """The first row that a statement finds, None where it finds none."""
        found: tuple[Any, ...] | None = self.execute(statement, *values).fetchone()
        return found

    def insert(self, table: str, *values: object) -> bool:
        """Add a row; False if the table has one with this key."""
        try:
            self.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", *values)
        except sqlite3.IntegrityError:
            return False
        return True

    def insert_all(self, table: str, rows: Iterable[tuple[object, ...]], columns: Sequence[str]) -> None:
        """Add rows; those whose key the table has are passed over."""
        places = ", ".join("?" * len(columns))
        with self._full_disk_named():
            self._database.executemany(f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)

    def save(self) -> None:
        """Put everything on disk, for a later run."""
        self.execute("COMMIT")
        with self.file.open("rb") as handle:
            os.fsync(handle.fileno())
        self.execute("BEGIN")

    def close(self, *, remove: bool = False) -> None:
        """Close the file, and perhaps take it away."""
        self._database.close()
        if remove:
            self.file.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _full_disk_named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.file)) from error
            raise
