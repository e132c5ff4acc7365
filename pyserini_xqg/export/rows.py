"""Rows of a flat Pyserini index in order, a block at a time, with their ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.indexing.docids import docid_of
from pyserini_xqg.indexing.flat_file import flat_header, read_flat
from pyserini_xqg.storage.files import changed
from pyserini_xqg.storage.known_hashes import known_sha256
from pyserini_xqg.storage.stamps import stamps_of

BLOCK_BYTES = 32 << 20

Blocks = Iterator[tuple[list[str], Vectors]]


class IndexRows:
    """The rows of a flat index.

    Parameters
    ----------
    folder : Path
        With the files ``index`` and ``docid``.

    Attributes
    ----------
    count, dimension : int

    Raises
    ------
    MissingInput, InvalidInput
        There is no such index, it is not flat, or not whole.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._docids, self._vectors = folder / "docid", folder / "index"
        self.count, self.dimension = read_flat(self._vectors).shape
        if not self._docids.is_file():
            raise MissingInput(f"{self._docids}: no such file; a Pyserini index folder holds index and docid")
        self._stamps = stamps_of([self._docids, self._vectors])
        self._offset = len(flat_header(self.dimension, self.count))
        self._block = max(1, BLOCK_BYTES // (4 * self.dimension))

    def hashes(self) -> dict[str, str]:
        """The SHA-256 of the two files."""
        return {"index": known_sha256(self._vectors), "docid": known_sha256(self._docids)}

    def parts(self, numbers: Iterable[int], size: int) -> Iterator[tuple[int, Blocks]]:
        """Parts of `size` rows by number, in rising order, each in blocks of ids and vectors, which are read in order.

        Raises
        ------
        InvalidInput
            There are more or fewer ids than vectors, an id is empty or no UTF-8, or a vector is not finite.
        InputChanged
            The index changed meanwhile.
        """
        with self._docids.open("rb") as docids, self._vectors.open("rb") as vectors:
            at = 0
            for number in numbers:
                start, end = number * size, min((number + 1) * size, self.count)
                for _ in islice(docids, start - at):
                    pass
                vectors.seek(self._offset + 4 * self.dimension * start)
                yield number, self._blocks(docids, vectors, start, end)
                at = end
                if end == self.count and docids.readline().strip():
                    raise InvalidInput(f"{self._folder}: docid has more ids than index vectors; as many are expected")
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """Check that the two files are still those of the beginning.

        Raises
        ------
        InputChanged
            They are not.
        """
        if stamps_of([self._docids, self._vectors]) != self._stamps:
            raise changed(self._folder)

    def longest(self) -> float:
        """The length of the longest vector."""
        squared = 0.0
        for _, blocks in self.parts([0], max(1, self.count)):
            for _, vectors in blocks:
                squared = max(squared, float(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64).max()))
        return float(np.sqrt(squared))

    def _blocks(self, docids: IO[bytes], vectors: IO[bytes], start: int, end: int) -> Blocks:
        for first in range(start, end, self._block):
            count = min(self._block, end - first)
            lines = enumerate(islice(docids, count), start=first + 1)
            ids = [docid_of(line, self._docids, number) for number, line in lines]
            # Read, not mapped: a mapped file that is cut ends the process.
            read = vectors.read(4 * self.dimension * count)
            if len(read) < 4 * self.dimension * count:
                raise changed(self._folder)
            if len(ids) < count:
                raise InvalidInput(
                    f"{self._folder}: docid has {first + len(ids)} ids and index {self.count} vectors; as many are "
                    "expected"
                )
            found = np.frombuffer(read, dtype="<f4").reshape(count, self.dimension)
            broken = np.flatnonzero(~np.isfinite(found).all(axis=1))
            if len(broken):
                raise InvalidInput(
                    f"{self._vectors}: the vector of {ids[broken[0]]!r} is not finite (NaN or infinite); build the "
                    "index anew"
                )
            yield ids, found
