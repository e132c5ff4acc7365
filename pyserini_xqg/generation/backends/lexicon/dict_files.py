"""Files in DICT format: an ``.index`` and the entries beside it.

An ``.index`` has a line for each headword: the headword, and the entry's offset and length in the entries, both in base
64 (dictfmt(1); the digits are those of RFC 4648, the most significant first). The entries are a ``.dict``, as it is or
compressed: ``.dict.dz`` (gzip), ``.dict.gz`` or ``.dict.bz2``.
"""

from __future__ import annotations

import bz2
import gzip
import string
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from pyserini_xqg.errors import InvalidInput, MissingInput

DIGITS = {digit: value for value, digit in enumerate(string.ascii_uppercase + string.ascii_lowercase + "0123456789+/")}
PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    ".dict.dz": ("gzip", gzip.decompress),
    ".dict.gz": ("gzip", gzip.decompress),
    ".dict.bz2": ("bzip2", bz2.decompress),
}


def read_index(index: Path) -> bytes:
    """The lines of an ``.index``.

    Raises
    ------
    MissingInput
        It cannot be read.
    """
    return _read(index)


def read_entries(index: Path) -> bytes:
    """The entries beside an ``.index``, unpacked.

    Raises
    ------
    MissingInput
        They are not there.
    InvalidInput
        The compressed file is damaged.
    """
    for suffix, (kind, unpack) in PACKED.items():
        packed = index.with_suffix(suffix)
        if packed.exists():
            try:
                return unpack(_read(packed))
            except (OSError, ValueError, EOFError, zlib.error) as error:
                raise InvalidInput(f"{packed}: damaged {kind} file ({error})") from error
    return _read(index.with_suffix(".dict"))


def places(lines: bytes, size: int, index: Path) -> Iterator[tuple[str, int, int]]:
    """The headwords of an ``.index``, and where the entry of each begins and ends in entries of `size` bytes.

    Raises
    ------
    InvalidInput
        A line is none of an index, or points to nowhere.
    """
    for number, line in enumerate(lines.splitlines(), start=1):
        yield _place(line, size, f"{index}:{number}")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise MissingInput(f"{error.filename}: cannot be read ({error.strerror})") from error


def _place(line: bytes, size: int, place: str) -> tuple[str, int, int]:
    try:
        headword, offset, length = line.decode("utf-8").split("\t")[:3]
        start = _number(offset)
        end = start + _number(length)
    except (ValueError, KeyError) as error:
        raise InvalidInput(
            f"{place}: {line[:60]!r}; a headword, an offset and a length in base 64, separated by tabs, are expected"
        ) from error
    if end > size:
        raise InvalidInput(
            f"{place}: the entry of {headword!r} ends at byte {end:,} of {size:,}; are the .index and the .dict "
            "beside it "
            "whole, and of one version?"
        )
    return headword, start, end


def _number(digits: str) -> int:
    if not digits:
        raise ValueError("no digits")
    value = 0
    for digit in digits:
        value = 64 * value + DIGITS[digit]
    return value
