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
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records


class Corpus:
    """Passages in Pyserini's JSONL, in parts of fixed membership.

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
        self._files = jsonl_files(path)
        self._starts: list[tuple[int, int, int]] = []  # of each part: file number, byte offset, line

    def scan(self) -> Iterator[tuple[Record, Passage]]:
        """Every passage with its record, in order; once, before :meth:`parts`.

        Raises
        ------
        InvalidInput
            See :func:`pyserini_xqg.collection.parse_passage`; also for a corpus without a passage.
        """
        digest = hashlib.sha256()
        for number, record in islice(self._digested(digest), self.limit):
            passage = parse_passage(record)
            if self.passages % self.part_size == 0:
                self._starts.append((number, record.offset, record.line))
            self.passages += 1
            self.empty_passages += passage.is_empty
            yield record, passage
        if self.passages == 0:
            raise InvalidInput(f"{self.path}: the corpus is empty; at least one passage is expected")
        self.sha256 = digest.hexdigest()

    @property
    def part_count(self) -> int:
        """How many parts there are."""
        return len(self._starts)

    def parts(self, numbers: Iterable[int] | None = None) -> Iterator[tuple[int, list[Passage]]]:
        """The number and the passages of each of the parts asked for, in that order; None: of all.

        Each number is taken when its turn comes. Parts that follow each other are read in one go.
        """
        passages: Iterator[Passage] = iter(())
        coming = -1
        for number in range(self.part_count) if numbers is None else numbers:
            if number != coming:
                passages = map(parse_passage, self._records(*self._starts[number]))
            yield number, list(islice(passages, self.size_of(number)))
            coming = number + 1

    def size_of(self, number: int) -> int:
        """How many passages a part has."""
        return min(self.part_size, self.passages - number * self.part_size)

    def _digested(self, digest: Any) -> Iterator[tuple[int, Record]]:
        """Every record with the number of its file; `digest` gets what was read."""
        for number, file in enumerate(self._files):
            digest.update(os.fsencode(file.name))
            for record in read_records(file, on_bytes=digest.update):
                yield number, record

    def _records(self, first_file: int, offset: int, line: int) -> Iterator[Record]:
        for file in self._files[first_file:]:
            yield from read_records(file, offset, line)
            offset, line = 0, 1


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
