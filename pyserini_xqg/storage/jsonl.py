"""JSON lines on disk, plain or gzipped, with errors that name the file and the line."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.text_files import errors_named, open_binary

SUFFIXES = (".jsonl", ".json", ".jsonl.gz", ".json.gz")


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON object and where it stands; `offset` is in bytes of the uncompressed file."""

    value: dict[str, Any]
    file: str | Path
    line: int
    offset: int

    @classmethod
    def parse(cls, raw: bytes, file: str | Path, line: int, offset: int) -> Record:
        """The record that the bytes of one line hold.

        Raises
        ------
        InvalidInput
            The line is not UTF-8, not JSON, or not an object.
        """
        raw = _without_mark(raw, line)
        try:
            value = json.loads(raw.decode("utf-8").rstrip("\r\n"))
            # JSON can escape half a surrogate pair; no tokenizer, and no UTF-8 file, takes it.
            if b"\\u" in raw:
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"{file}:{line}: not UTF-8 (byte 0x{raw[error.start]:02x} at position {error.start + 1}); convert "
                "the file to UTF-8"
            ) from error
        except UnicodeEncodeError as error:
            raise InvalidInput(
                f"{file}:{line}: half a surrogate pair (\\ud800 to \\udfff) in the text; write the character itself"
            ) from error
        except json.JSONDecodeError as error:
            raise InvalidInput(
                f"{file}:{line}: malformed JSON at column {error.colno} ({error.msg}); one JSON object a line is "
                "expected"
            ) from error
        except (ValueError, RecursionError) as error:  # an endless number, endless nesting
            raise InvalidInput(f"{file}:{line}: JSON that cannot be read ({error})") from error
        if not isinstance(value, dict):
            raise InvalidInput(f"{file}:{line}: a JSON object is expected, found {type(value).__name__}")
        return cls(value, file, line, offset)

    def invalid(self, problem: str) -> InvalidInput:
        """The error for this record, with its file and line."""
        return InvalidInput(f"{self.file}:{self.line}: {problem}")


def jsonl_files(path: str | Path) -> list[Path]:
    """The JSON lines files that `path` stands for: itself, or those of a folder in the order of their names.

    Raises
    ------
    MissingInput
        `path` is not there, cannot be read, or is a folder without a ``.jsonl``, ``.json`` or gzipped file.
    """
    path = Path(path)
    try:
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES) and file.name != "xqg.json")
            if not found:
                raise MissingInput(f"{path}: no file ends in {', '.join(SUFFIXES)}; JSON lines are expected")
            return found
        if not path.exists():
            raise MissingInput(f"{path}: no such file or folder")
    except OSError as error:
        raise MissingInput(f"{path}: cannot be read ({error.strerror})") from error
    return [path]


def read_records(
    file: str | Path, offset: int = 0, line: int = 1, on_bytes: Callable[[bytes], None] | None = None
) -> Iterator[Record]:
    """The records of one file, from a byte offset on; blank lines are passed over.

    Parameters
    ----------
    file : str or Path
        A JSON lines file, gzipped or not.
    offset, line : int
        Where to start: the byte of the uncompressed file and the number of the line that starts there.
    on_bytes : callable, optional
        Is given every line's bytes as they are read (for a fingerprint).

    Raises
    ------
    InvalidInput
        A line is not UTF-8, not JSON or not an object, or the gzip stream is damaged.
    MissingInput
        The file cannot be read.
    """
    file = Path(file)
    with open_binary(file) as handle, errors_named(file):
        handle.seek(offset)
        for number, raw in enumerate(handle, start=line):
            if on_bytes is not None:
                on_bytes(raw)
            if _without_mark(raw, number).strip():
                yield Record.parse(raw, file, number, offset)
            offset += len(raw)


def _without_mark(raw: bytes, line: int) -> bytes:
    """A file may start with a byte order mark."""
    return raw.removeprefix(codecs.BOM_UTF8) if line == 1 else raw


def json_kind(value: object) -> str:
    """A JSON value's type, for messages: ``null``, ``a JSON int``."""
    return "null" if value is None else f"a JSON {type(value).__name__}"
