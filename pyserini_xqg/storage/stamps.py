"""Stamps of files, by which they are known again without being read: name, size, time stamp and a sample of the bytes.

A file that was changed nearly always differs in its size or its time stamp. The sample finds most of those that do not,
such as another version that was put in place with an old time stamp; none is found by it for certain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from pyserini_xqg.errors import MissingInput

Stamp: TypeAlias = list[str | int]

BLOCK = 4096
# Of a large file a block in so many bytes is read, of any other one its beginning, its middle and its end.
SPACING = 64 << 20
LEAST, MOST = 3, 256


def stamps_of(files: Iterable[Path]) -> list[Stamp]:
    """The stamp of each file, in a form that JSON has.

    Raises
    ------
    MissingInput
        One is not there or cannot be read.
    """
    return [_stamp(file) for file in files]


def _stamp(file: Path) -> Stamp:
    digest = hashlib.blake2b(digest_size=16)
    try:
        with file.open("rb") as handle:
            found = file.stat()
            last = max(0, found.st_size - BLOCK)
            count = min(MOST, max(LEAST, found.st_size // SPACING))
            for at in sorted({last * number // (count - 1) for number in range(count)}):
                handle.seek(at)
                digest.update(handle.read(BLOCK))
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror})") from error
    return [file.name, found.st_size, found.st_mtime_ns, digest.hexdigest()]
