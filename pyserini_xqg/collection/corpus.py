"""Corpus on disk: checked once from end to end, then read part by part."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.passages import Passage, parse_passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.files import changed
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records


class Corpus:
    """Passages in Pyserini's JSONL, in parts of fixed membership, which are what they were when they were scanned.

    Parameters
    ----------
    path : str or Path
        A file or a folder, gzipped or not.
    part_size : int
        Passages per part.
    limit : int or None
        Take only the first passages.

    Attributes
    ----------
    files : list of Path
    passages, empty_passages : int
        How many passages :meth:`scan` found, and how many of them have neither title nor text.
    sha256 : str
        Of the names and bytes of the files, as far as they were read.
    """

    def __init__(self, path: str | Path, part_size: int, limit: int | None = None):
        self.path = Path(path)
        self.part_size = part_size
        self.limit = limit
        self.passages = self.empty_passages = 0
        self.sha256 = ""
        self.files = jsonl_files(path)
        self._block = part_size
        self._starts: list[tuple[int, int, int]] = []  # of each block: file number, byte offset, line
        self._digests: list[bytes] = []

    def scan(self) -> Iterator[tuple[Record, Passage]]:
        """Every passage with its record, in order; once, before :meth:`parts`.

        Raises
        ------
        InvalidInput
            See :func:`pyserini_xqg.collection.parse_passage`; also for a corpus without a passage.
        """
        digest, block = hashlib.sha256(), _digest()
        for number, record in islice(self._digested(digest), self.limit):
            passage = parse_passage(record)
            if self.passages % self._block == 0:
                if self._starts:
                    self._digests.append(block.digest())
                self._starts.append((number, record.offset, record.line))
                block = _digest()
            block.update(_content(passage))
            self.passages += 1
            self.empty_passages += passage.is_empty
            yield record, passage
        if self.passages == 0:
            raise InvalidInput(f"{self.path}: the corpus is empty; at least one passage is expected")
        self._digests.append(block.digest())
        self.sha256 = digest.hexdigest()

    def scanned(self) -> dict[str, Any]:
        """What :meth:`scan` found, in a form that JSON has."""
        return {
            "passages": self.passages,
            "empty_passages": self.empty_passages,
            "sha256": self.sha256,
            "starts": self._starts,
            "digests": [digest.hex() for digest in self._digests],
        }

    def restore(self, scanned: dict[str, Any]) -> None:
        """Take what a corpus of the same files and part size has found, in the place of :meth:`scan`."""
        self.passages, self.empty_passages = scanned["passages"], scanned["empty_passages"]
        self.sha256 = scanned["sha256"]
        self._starts = [(file, offset, line) for file, offset, line in scanned["starts"]]
        self._digests = [bytes.fromhex(digest) for digest in scanned["digests"]]

    def enlarge_parts(self, factor: int) -> None:
        """Make one part of so many, after :meth:`scan`."""
        self.part_size *= factor

    @property
    def part_count(self) -> int:
        """How many parts there are."""
        return -(-self.passages // self.part_size)

    def parts(self, numbers: Iterable[int] | None = None) -> Iterator[tuple[int, list[Passage]]]:
        """The number and the passages of each of the parts asked for, in that order; None: of all.

        Each number is taken when its turn comes. Parts that follow each other are read in one go.

        Raises
        ------
        XqgError
            A part is no longer what :meth:`scan` found.
        """
        passages: Iterator[Passage] = iter(())
        coming = -1
        for number in range(self.part_count) if numbers is None else numbers:
            if number != coming:
                passages = map(parse_passage, self._records(*self._starts[number * self._blocks]))
            yield number, self._unchanged(number, passages)
            coming = number + 1

    def size_of(self, number: int) -> int:
        """How many passages a part has."""
        return min(self.part_size, self.passages - number * self.part_size)

    @property
    def _blocks(self) -> int:
        """How many blocks, of which digests are kept, a part has."""
        return self.part_size // self._block

    def _unchanged(self, number: int, passages: Iterator[Passage]) -> list[Passage]:
        """The passages of a part, the next ones, after a look at whether they are those that were scanned."""
        part: list[Passage] = []
        try:
            for known in self._digests[number * self._blocks : (number + 1) * self._blocks]:
                block = list(islice(passages, min(self._block, self.size_of(number) - len(part))))
                if _digest(b"".join(map(_content, block))).digest() != known:
                    raise changed(self.path)
                part += block
        except InvalidInput as error:  # it was valid
            raise changed(self.path) from error
        return part

    def _digested(self, digest: Any) -> Iterator[tuple[int, Record]]:
        """Every record with the number of its file; `digest` gets what was read."""
        for number, file in enumerate(self.files):
            digest.update(os.fsencode(file.name))
            for record in read_records(file, on_bytes=digest.update):
                yield number, record

    def _records(self, first_file: int, offset: int, line: int) -> Iterator[Record]:
        for file in self.files[first_file:]:
            yield from read_records(file, offset, line)
            offset, line = 0, 1


def unchanged_passages(path: str | Path, sha256: str) -> Iterator[Passage]:
    """Every passage of a corpus that was scanned before.

    Raises
    ------
    XqgError
        At the end: the SHA-256 of the corpus is no longer this one.
    """
    corpus = Corpus(path, 1 << 30)
    try:
        for _, passage in corpus.scan():
            yield passage
    except InvalidInput as error:  # it was valid
        raise changed(path) from error
    if corpus.sha256 != sha256:
        raise changed(path)


def sample_passages(path: str | Path, size: int) -> list[Passage]:
    """Passages from all over a corpus, evenly spread: `size` to twice `size` of them, all of a smaller corpus.

    Empty ones are left out.
    """
    sample: list[Passage] = []
    step, number = 1, 0
    for file in jsonl_files(path):
        for record in read_records(file):
            if number % step == 0:
                sample.append(parse_passage(record))
                if len(sample) == 2 * size:
                    del sample[1::2]
                    step *= 2
            number += 1
    return [passage for passage in sample if not passage.is_empty]


def _digest(content: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(content, digest_size=16)


def _content(passage: Passage) -> bytes:
    return "\0".join((passage.id, passage.title, passage.text, "")).encode("utf-8")
