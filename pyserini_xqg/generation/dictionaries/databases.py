"""Rows of SQLite files that users give."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.text_files import errors_named, open_binary

START = b"SQLite format 3\0"


def rows(file: Path, query: str, expected: str) -> Iterator[tuple[Any, ...]]:
    """What a query finds; the file is only read.

    Parameters
    ----------
    file : Path
    query : str
    expected : str
        What the file should be, for messages.

    Raises
    ------
    MissingInput, InvalidInput
        It cannot be read, or is no such database.
    """
    with open_binary(file) as handle, errors_named(file):
        start = handle.read(len(START))
    if start != START:
        raise InvalidInput(f"{file}: no SQLite database; {expected} is expected")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            yield from database.execute(query)
    except sqlite3.DatabaseError as error:
        raise InvalidInput(f"{file}: {error}; {expected} is expected") from error
