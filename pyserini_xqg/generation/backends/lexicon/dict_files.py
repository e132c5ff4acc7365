"""Files in DICT format: an ``.index`` and the entries beside it.

An ``.index`` has a line for each headword: the headword, and the entry's offset and length in the entries, both in base
64 (dictfmt(1); the digits are those of RFC 4648, the most significant first). The entries are a ``.dict``, as it is or
compressed: ``.dict.dz`` (gzip), ``.dict.gz`` or ``.dict.bz2``.
"""

from __future__ import annotations

import bz2
import string
from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.text_files import errors_named, open_binary

DIGITS = {digit: value for value, digit in enumerate(string.ascii_uppercase + string.ascii_lowercase + "0123456789+/")}
SUFFIXES = (".dict.dz", ".dict.gz", ".dict.bz2")


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
    packed = (index.with_suffix(suffix) for suffix in SUFFIXES)
    file = next((file for file in packed if file.exists()), index.with_suffix(".dict"))
    if file.suffix != ".bz2":
        return _read(file)
    try:
        return bz2.decompress(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file}: damaged bzip2 file ({error})") from error


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
    with open_binary(file) as handle, errors_named(file):
        return handle.read()


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
