"""JSON objects of published files: JSON lines, a JSON array, or one object that is the whole file."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import Record, jsonl_files, open_binary, read_records


def json_objects(path: Path) -> Iterator[Record]:
    """The objects of JSON lines or of a JSON array, of a file or folder; of an array, `line` is the object's number.

    Raises
    ------
    MissingInput, InvalidInput
        A file cannot be read, or an object is none.
    """
    for file in jsonl_files(path):
        if not _is_array(file):
            yield from read_records(file)
            continue
        try:
            values = whole_json(file)
        except (ValueError, RecursionError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InvalidInput(f"{file}: a JSON array that cannot be read ({error})") from error
        for number, value in enumerate(values, start=1):
            if not isinstance(value, dict):
                raise InvalidInput(f"{file}:{number}: a JSON object is expected, found {type(value).__name__}")
            yield Record(value, file, number, 0)


def first_object(path: Path) -> Record:
    """The first object of a file or folder, or the first file itself where it is one object over many lines.

    Raises
    ------
    MissingInput, InvalidInput
        There is none.
    """
    try:
        for record in json_objects(path):
            return record
    except InvalidInput:
        file = jsonl_files(path)[0]
        try:
            value = whole_json(file)
        except (ValueError, RecursionError, gzip.BadGzipFile, EOFError, zlib.error):
            value = None
        if not isinstance(value, dict):
            raise
        return Record(value, file, 1, 0)
    raise InvalidInput(f"{path}: empty; training data are expected")


def whole_json(file: Path) -> Any:
    """What a file says as one piece of JSON, ``.gz`` or not.

    Raises
    ------
    MissingInput
        It cannot be opened.
    ValueError, RecursionError, OSError, EOFError, zlib.error
        It is no JSON, or damaged.
    """
    with open_binary(file) as handle:
        return json.loads(handle.read().decode("utf-8-sig"))


def _is_array(file: Path) -> bool:
    with open_binary(file) as handle:
        return handle.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
