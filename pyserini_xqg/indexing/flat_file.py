"""Vectors on disk, row by row: the file of a flat inner-product FAISS index, and ``.npy`` arrays.

faiss writes a flat index from memory only. Its file is a short header and the float32 rows, so it can be written as
the rows come, once, and read in place. The header is taken from faiss itself.
"""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import InvalidInput, MissingInput

# What a flat index file starts with: its type, the dimension and the number of rows.
START = struct.Struct("<4siq")


def flat_header(dimension: int, rows: int) -> bytes:
    """The bytes before the rows in the file of an ``IndexFlatIP``.

    Raises
    ------
    RuntimeError
        This faiss lays the file out otherwise.
    """
    one, two = (_serialized(dimension, count) for count in (1, 2))
    size = len(one) - 4 * dimension
    mine = bytearray(one[:size])
    counters = at = 0
    while at <= size - 8:
        if one[at : at + 8] != two[at : at + 8] and _is_counter(one, two, at, dimension):
            (value,) = struct.unpack_from("<q", one, at)
            struct.pack_into("<q", mine, at, value * rows)
            counters += 1
            at += 8  # a byte further on, the rest of this counter can look like one
        else:
            at += 1
    if len(two) != len(one) + 4 * dimension or counters != 2:
        raise RuntimeError(f"faiss {faiss.__version__} writes flat indexes in an unknown layout")
    return bytes(mine)


def _serialized(dimension: int, rows: int) -> bytes:
    index = faiss.IndexFlatIP(dimension)
    index.add(np.zeros((rows, dimension), dtype=np.float32))
    serialized: bytes = faiss.serialize_index(index).tobytes()
    return serialized


def _is_counter(one: bytes, two: bytes, at: int, dimension: int) -> bool:
    """Whether an int64 that grows with the rows starts here: the number of rows, or of floats (or bytes) in them."""
    (first,), (second,) = struct.unpack_from("<q", one, at), struct.unpack_from("<q", two, at)
    return bool(second == 2 * first and first in (1, dimension, 4 * dimension))


def npy_header(shape: tuple[int, ...], dtype: str) -> bytes:
    """The bytes before the data in a ``.npy`` file, C order, little endian."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": dtype, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


class RowFile:
    """A file of rows of equal size behind a header, written in any number of goes.

    It is open only while it is used: an index that keeps its vectors has several for each language.

    Parameters
    ----------
    file : Path
        Made if it is not there; what is in it stays.
    header : bytes
        See :func:`flat_header` and :func:`npy_header`.
    row_bytes : int
        The size of a row.
    """

    def __init__(self, file: Path, header: bytes, row_bytes: int):
        self._file = file
        self._offset = len(header)
        self._row_bytes = row_bytes
        # Never cut: another process may have made it since, and written rows.
        with open(file, "r+b", opener=lambda name, _: os.open(name, os.O_RDWR | os.O_CREAT, 0o666)) as handle:
            handle.write(header)

    def write(self, start: int, rows: npt.NDArray[Any]) -> None:
        """Put `rows` into the file from row `start` on; they are on disk when this returns."""
        with self._file.open("r+b") as handle:
            handle.seek(self._offset + start * self._row_bytes)
            handle.write(np.ascontiguousarray(rows).data)
            handle.flush()
            os.fsync(handle.fileno())

    def read(self, start: int, count: int) -> bytes:
        """The bytes of `count` rows from row `start` on; fewer where the file ends before."""
        with self._file.open("rb") as handle:
            handle.seek(self._offset + start * self._row_bytes)
            return handle.read(count * self._row_bytes)


def read_flat(file: Path) -> Vectors:
    """The rows of a flat index file, read-only and mapped into memory: float32, shape (rows, dimension).

    The header is read here, as faiss itself would read a large file whole, and dies when it maps one that was cut.

    Raises
    ------
    MissingInput
        The file is not there or cannot be read.
    InvalidInput
        It is no index file of faiss, not a flat one, not of inner products, or not whole.
    """
    if not file.is_file():
        raise MissingInput(f"{file}: no such file; a Pyserini index folder holds index and docid")
    try:
        with file.open("rb") as handle:
            start = handle.read(START.size)
            size = handle.seek(0, os.SEEK_END)
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror})") from error
    header = flat_header(dimension=1, rows=0)
    if start[:4] != header[:4]:
        raise InvalidInput(
            f"{file}: starts with {start[:4]!r}, not with {header[:4]!r} as a flat inner-product index does; no other "
            "holds the vectors themselves. Build one with --factory Flat"
        )
    _, dimension, rows = START.unpack(start.ljust(START.size, b"\0"))
    whole = len(header) + 4 * dimension * rows
    if dimension < 1 or rows < 0 or size != whole:
        raise InvalidInput(
            f"{file}: {size} bytes; {rows} vectors of {dimension} dimensions take {whole}. Is the file damaged?"
        )
    found: Vectors = np.memmap(file, dtype="<f4", mode="r", offset=len(header), shape=(rows, dimension))
    return found
