"""Text files that users give: UTF-8, plain or gzipped, which their content says and not their name."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyserini_xqg.errors import InvalidInput, MissingInput

GZIP = b"\x1f\x8b"
# The first bytes of other packed files, which are no text and are not unpacked.
PACKED = {
    b"PK\x03\x04": "a zip file",
    b"BZh91AY&SY": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
}


def open_binary(file: str | Path) -> io.BufferedReader | gzip.GzipFile:
    """`file` for reading bytes, decompressed where it is gzipped.

    Raises
    ------
    MissingInput
        The file is not there or cannot be read.
    InvalidInput
        It is packed in another way.
    """
    file = Path(file)
    try:
        handle = file.open("rb")
        start = handle.peek(max(map(len, PACKED)))
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror})") from error
    for first, kind in PACKED.items():
        if start.startswith(first):
            handle.close()
            raise InvalidInput(f"{file}: {kind}; unpack it (plain and gzipped files are read)")
    # One that was cut behind its first byte is no text either.
    if start and GZIP.startswith(start[: len(GZIP)]):
        return _Unpacked(handle)
    return handle


class _Unpacked(gzip.GzipFile):
    """What a gzipped file holds; closes the file below too."""

    def __init__(self, below: io.BufferedReader):
        super().__init__(fileobj=below, mode="rb")
        self._below = below

    def close(self) -> None:
        super().close()
        self._below.close()


@contextmanager
def errors_named(file: str | Path) -> Iterator[None]:
    """Within it, what shows in reading that `file` is damaged or no UTF-8 is an :class:`InvalidInput`."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}: not UTF-8 ({error.reason}); convert the file to UTF-8") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidInput(f"{file}: damaged gzip file ({error})") from error


def read_text(file: str | Path) -> str:
    """All of a file, its line ends as they are, without a byte order mark.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        It is not UTF-8, or a damaged gzip file.
    """
    with open_binary(file) as handle, errors_named(file):
        return handle.read().decode("utf-8-sig")


def numbered_lines(file: str | Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers from 1 on; blank ones are passed over.

    Raises
    ------
    MissingInput, InvalidInput
        See :func:`read_text`.
    """
    with io.TextIOWrapper(open_binary(file), encoding="utf-8-sig") as lines, errors_named(file):
        yield from ((number, line) for number, line in enumerate(lines, start=1) if line.strip())


def matching_files(folder: Path, name: re.Pattern[str]) -> list[tuple[re.Match[str], Path]]:
    """The files of a folder whose names, without ``.gz``, match, in the order of their names.

    Raises
    ------
    MissingInput
        The folder cannot be read.
    InvalidInput
        A file is there plain and gzipped.
    """
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise MissingInput(f"{folder}: cannot be read ({error.strerror}); a folder is expected") from error
    found: dict[str, tuple[re.Match[str], Path]] = {}
    for file in files:
        plain = file.name.removesuffix(".gz")
        if match := name.search(plain):
            if plain in found:
                raise InvalidInput(f"{file}: {plain} is there plain and gzipped; one of the two is expected")
            found[plain] = match, file
    return list(found.values())
