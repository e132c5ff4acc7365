"""Passage vectors and where they come from: texts that are encoded, or the rows of a plain flat index."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.passages import Passage, passage_text
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.encoding.batches import Batch
from pyserini_xqg.encoding.encoder import Progress, TextEncoder, Vectors, no_progress
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.docids import docid_of
from pyserini_xqg.indexing.flat_file import flat_header, read_flat
from pyserini_xqg.indexing.settings import read_augmentation
from pyserini_xqg.storage.files import changed
from pyserini_xqg.storage.manifest import holds_encoder


class PassageSource(Protocol):
    """Passage vectors, part by part.

    A part is handled in two steps: :meth:`parts` reads it and makes it ready, in a thread if need be, and
    :meth:`begin` computes.

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

    def files(self) -> list[Path]:
        """What is read."""

    def scanned(self) -> dict[str, Any]:
        """What :meth:`scan` found, in a form that JSON has."""

    def restore(self, scanned: dict[str, Any]) -> None:
        """Take what was found in the same files, in the place of :meth:`scan`."""

    def check(self, encoder: TextEncoder) -> None:
        """Raise if the encoder cannot be the one of these passages."""

    def parts(self, encoder: TextEncoder, numbers: Iterable[int]) -> Iterator[tuple[int, list[str], Any]]:
        """Parts by number, in rising order: number, ids of the passages, and what :meth:`begin` needs.

        Raises
        ------
        XqgError
            A part is no longer what :meth:`scan` found.
        """

    def begin(self, encoder: TextEncoder, ready: Any, progress: Progress = no_progress) -> Callable[[], Vectors]:
        """Begin to compute the vectors of a part; `progress` is told of passages that are encoded.

        Returns
        -------
        callable
            Waits for them: float32, shape (passages, dimension).
        """


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

    def files(self) -> list[Path]:
        """See :class:`PassageSource`."""
        return self._corpus.files

    def scanned(self) -> dict[str, Any]:
        """See :class:`PassageSource`."""
        return self._corpus.scanned()

    def restore(self, scanned: dict[str, Any]) -> None:
        """See :class:`PassageSource`."""
        self._corpus.restore(scanned)
        self.sha256, self.empty_passages = self._corpus.sha256, self._corpus.empty_passages

    def passages(self) -> Iterator[Passage]:
        """All passages, once more after :meth:`scan`; errors are those of :meth:`parts`."""
        for _, part in self._corpus.parts():
            yield from part

    def check(self, encoder: TextEncoder) -> None:
        """See :class:`PassageSource`."""

    def parts(self, encoder: TextEncoder, numbers: Iterable[int]) -> Iterator[tuple[int, list[str], list[Batch]]]:
        """See :class:`PassageSource`."""
        for number, part in self._corpus.parts(numbers):
            texts = [passage_text(passage.title, passage.text) for passage in part]
            yield number, [passage.id for passage in part], encoder.tokenize(texts, "passage")

    def begin(
        self, encoder: TextEncoder, ready: list[Batch], progress: Progress = no_progress
    ) -> Callable[[], Vectors]:
        """See :class:`PassageSource`."""
        return encoder.begin(ready, progress)


class IndexPassages:
    """The rows of a Pyserini flat index."""

    kind = "index"
    empty_passages = 0

    def __init__(self, folder: Path, part_size: int):
        self._folder = folder
        self.part_size = part_size
        self._count, self._dimension = read_flat(folder / "index").shape
        self._header = len(flat_header(self._dimension, self._count))
        self._row_bytes = 4 * self._dimension
        self._digests: list[bytes] = []  # of the ids and vectors of each part
        self.sha256 = ""

    def scan(self, lookup: QueryLookup, docids: Path, on_passage: Callable[[], object]) -> None:
        """See :class:`PassageSource`."""
        source = self._folder / "docid"
        if not source.is_file():
            raise MissingInput(f"{source}: no such file; a Pyserini index folder holds index and docid")
        digest, parts = hashlib.sha256(), []
        with source.open("rb") as lines, docids.open("wb") as handle:
            for number, line in enumerate(lines, start=1):
                identifier = docid_of(line, source, number)
                if not lookup.add_passage(identifier):
                    raise InvalidInput(f"{source}:{number}: the id {identifier!r} was there before; ids must be unique")
                handle.write(line)
                digest.update(line)
                if number % self.part_size == 1 % self.part_size:
                    parts.append(hashlib.blake2b())
                parts[-1].update(line)
                on_passage()
        if lookup.rows != self._count:
            raise InvalidInput(
                f"{self._folder}: docid has {lookup.rows} ids and index {self._count} vectors; as many are expected"
            )
        with (self._folder / "index").open("rb") as vectors:
            whole = hashlib.sha256(vectors.read(self._header))
            for part in parts:
                rows = vectors.read(self.part_size * self._row_bytes)
                whole.update(rows)
                part.update(rows)
        digest.update(whole.digest())
        self.sha256 = digest.hexdigest()
        self._digests = [part.digest() for part in parts]

    def files(self) -> list[Path]:
        """See :class:`PassageSource`."""
        return [self._folder / "docid", self._folder / "index"]

    def scanned(self) -> dict[str, Any]:
        """See :class:`PassageSource`."""
        return {"sha256": self.sha256, "digests": [digest.hex() for digest in self._digests]}

    def restore(self, scanned: dict[str, Any]) -> None:
        """See :class:`PassageSource`."""
        self.sha256 = scanned["sha256"]
        self._digests = [bytes.fromhex(digest) for digest in scanned["digests"]]

    def check(self, encoder: TextEncoder) -> None:
        """See :class:`PassageSource`."""
        if encoder.dimension != self._dimension:
            raise InvalidInput(
                f"{self._folder}: its vectors have {self._dimension} dimensions and the encoder's "
                f"{encoder.dimension}; "
                "the encoder that made the index is expected"
            )

    def parts(self, encoder: TextEncoder, numbers: Iterable[int]) -> Iterator[tuple[int, list[str], Vectors]]:
        """See :class:`PassageSource`."""
        with (self._folder / "docid").open("rb") as docids, (self._folder / "index").open("rb") as vectors:
            at = 0
            for number in numbers:
                start = number * self.part_size
                lines = list(islice(docids, start - at, start - at + self.part_size))
                at = start + self.part_size
                # Read, not mapped: a mapped file that is cut ends the process.
                vectors.seek(self._header + start * self._row_bytes)
                rows = vectors.read(self.part_size * self._row_bytes)
                if hashlib.blake2b(b"".join(lines) + rows).digest() != self._digests[number]:
                    raise changed(self._folder)
                ids = [line.decode("utf-8").strip() for line in lines]
                yield number, ids, np.frombuffer(rows, dtype="<f4").reshape(len(ids), -1)

    def begin(self, encoder: TextEncoder, ready: Vectors, progress: Progress = no_progress) -> Callable[[], Vectors]:
        """See :class:`PassageSource`."""
        return lambda: np.array(ready, dtype=np.float32)


def encoder_of_plain(base: str | Path, given: EncoderSettings | None) -> EncoderSettings:
    """The encoder of the passages of an index that can be augmented: the one that it names, or else the given one.

    Raises
    ------
    UsageError
        The index is augmented already, names an encoder and one was given, or names none and none was given.
    """
    if not holds_encoder(base):
        if given is None:
            raise UsageError(
                f"{base} does not name its encoder: give --encoder, the one that its passages were encoded with"
            )
        return given
    named, made_with = read_encoder(base, "passage"), read_augmentation(base)
    if made_with.alpha or made_with.normalize or made_with.reduce_hubness:
        raise UsageError(
            f"{base} is not plain: its vectors were augmented, normalised or reduced. Start from an index made with "
            "--alpha 0"
        )
    refuse_another(base, given)
    return named


def refuse_another(base: str | Path, given: EncoderSettings | None) -> None:
    """Refuse an encoder that is given beside an index that names the one of its passages.

    Raises
    ------
    UsageError
        One was given.
    """
    if given is not None:
        raise UsageError(f"{base} names the encoder of its passages, so no other can be given: leave --encoder out")
