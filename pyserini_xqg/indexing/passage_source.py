"""Passage vectors and where they come from: texts that are encoded, or the rows of a plain flat index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.passages import passage_text
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.encoding.encoder import Batch, Progress, TextEncoder, Vectors, no_progress
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.indexing.flat_file import read_flat


class PassageSource(Protocol):
    """Passage vectors, part by part.

    A part is handled in two steps: :meth:`parts` reads it and makes it ready, in a thread if need be, and
    :meth:`vectors` computes.

    Attributes
    ----------
    kind : str
        What the manifest calls the input.
    sha256 : str
        Of the input, once it was scanned.
    empty_passages : int
        Passages with nothing to encode.
    part_size : int
        Passages a part.
    """

    kind: str
    part_size: int
    sha256: str
    empty_passages: int

    def scan(self, lookup: QueryLookup, docids: Path, on_passage: Callable[[], object]) -> None:
        """Check the whole input, enter its ids into the lookup and write them to `docids`, one a line."""

    def check(self, encoder: TextEncoder) -> None:
        """Raise if the encoder cannot be the one of these passages."""

    def parts(self, encoder: TextEncoder, numbers: Iterable[int]) -> Iterator[tuple[int, list[str], Any]]:
        """Parts by number, in rising order: number, ids of the passages, and what :meth:`vectors` needs."""

    def vectors(self, encoder: TextEncoder, size: int, ready: Any, progress: Progress = no_progress) -> Vectors:
        """The vectors of a part: float32, shape (size, dimension); `progress` is told of passages that are encoded."""


class TextPassages:
    """Passages of a corpus, encoded."""

    kind = "corpus"

    def __init__(self, path: Path, part_size: int):
        self.part_size = part_size
        self._corpus = Corpus(path, part_size)
        self.sha256 = ""
        self.empty_passages = 0

    def scan(self, lookup: QueryLookup, docids: Path, on_passage: Callable[[], object]) -> None:
        """See :class:`PassageSource`."""
        with docids.open("w", encoding="utf-8", newline="\n") as handle:
            for record, passage in self._corpus.scan():
                if not lookup.add_passage(passage.id):
                    raise record.invalid(f"the id {passage.id!r} was there before; ids must be unique")
                handle.write(f"{passage.id}\n")
                on_passage()
        self.sha256, self.empty_passages = self._corpus.sha256, self._corpus.empty_passages

    def check(self, encoder: TextEncoder) -> None:
        """See :class:`PassageSource`."""

    def parts(self, encoder: TextEncoder, numbers: Iterable[int]) -> Iterator[tuple[int, list[str], list[Batch]]]:
        """See :class:`PassageSource`."""
        for number, part in self._corpus.parts(numbers):
            texts = [passage_text(passage.title, passage.text) for passage in part]
            yield number, [passage.id for passage in part], encoder.tokenize(texts, "passage")

    def vectors(self, encoder: TextEncoder, size: int, ready: list[Batch], progress: Progress = no_progress) -> Vectors:
        """See :class:`PassageSource`."""
        vectors = np.empty((size, encoder.dimension), dtype=np.float32)
        for rows, values in encoder.embed(ready, progress):
            vectors[rows] = values
        return vectors


class IndexPassages:
    """The rows of a Pyserini flat index."""

    kind = "index"
    empty_passages = 0

    def __init__(self, folder: Path, part_size: int):
        self._folder = folder
        self.part_size = part_size
        self._rows = read_flat(folder / "index")
        self.sha256 = ""

    def scan(self, lookup: QueryLookup, docids: Path, on_passage: Callable[[], object]) -> None:
        """See :class:`PassageSource`."""
        source = self._folder / "docid"
        if not source.is_file():
            raise MissingInput(f"{source}: no such file; a Pyserini index folder holds index and docid")
        digest = hashlib.sha256()
        with source.open("rb") as lines, docids.open("wb") as handle:
            for number, line in enumerate(lines, start=1):
                try:
                    identifier = line.decode("utf-8").strip()
                except UnicodeDecodeError as error:
                    raise InvalidInput(f"{source}:{number}: not UTF-8; convert the file to UTF-8") from error
                if not identifier:
                    raise InvalidInput(f"{source}:{number}: the id is '': an id is not empty")
                if not lookup.add_passage(identifier):
                    raise InvalidInput(f"{source}:{number}: the id {identifier!r} was there before; ids must be unique")
                handle.write(line)
                digest.update(line)
                on_passage()
        if lookup.rows != len(self._rows):
            raise InvalidInput(
                f"{self._folder}: docid has {lookup.rows} ids and index {len(self._rows)} vectors; as many are expected"
            )
        with (self._folder / "index").open("rb") as vectors:
            digest.update(hashlib.file_digest(vectors, "sha256").digest())
        self.sha256 = digest.hexdigest()

    def check(self, encoder: TextEncoder) -> None:
        """See :class:`PassageSource`."""
        if encoder.dimension != self._rows.shape[1]:
            raise InvalidInput(
                f"{self._folder}: its vectors have {self._rows.shape[1]} dimensions and the encoder's "
                f"{encoder.dimension}; "
                "the encoder that made the index is expected"
            )

    def parts(self, encoder: TextEncoder, numbers: Iterable[int]) -> Iterator[tuple[int, list[str], Vectors]]:
        """See :class:`PassageSource`."""
        with (self._folder / "docid").open(encoding="utf-8") as lines:
            at = 0
            for number in numbers:
                start = number * self.part_size
                ids = [line.strip() for line in islice(lines, start - at, start - at + self.part_size)]
                at = start + self.part_size
                yield number, ids, self._rows[start:at]

    def vectors(self, encoder: TextEncoder, size: int, ready: Vectors, progress: Progress = no_progress) -> Vectors:
        """See :class:`PassageSource`."""
        return np.array(ready, dtype=np.float32)
