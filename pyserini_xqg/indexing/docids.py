"""Ids of a Pyserini index folder: the lines of its file ``docid``."""

from __future__ import annotations

from pathlib import Path

from pyserini_xqg.errors import InvalidInput


def docid_of(line: bytes, file: Path, number: int) -> str:
    """The id of a line, by its number from 1.

    Raises
    ------
    InvalidInput
        It is empty, or not UTF-8.
    """
    try:
        identifier = line.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}:{number}: not UTF-8; convert the file to UTF-8") from error
    if not identifier:
        raise InvalidInput(f"{file}:{number}: the id is '': an id is not empty")
    return identifier
