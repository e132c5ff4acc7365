"""Who finds passages: a retriever in a FAISS index."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import faiss

from pyserini_xqg.collection.passages import Passage, passage_text
from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings, read_augmentation
from pyserini_xqg.storage.id_store import IdStore
from pyserini_xqg.storage.manifest import MANIFEST, holds_encoder

# (id, score) of what was found, best first.
Ranking = list[tuple[str, float]]


class Retriever:
    """A bi-encoder.

    Parameters
    ----------
    settings : EncoderSettings
    device : str or None
        A torch device; None takes the best there is.
    """

    def __init__(self, settings: EncoderSettings, device: str | None = None):
        self._questions = TextEncoder(settings, device, "query")
        self.settings = self._questions.settings
        self._passages = self._questions if settings.query_model is None else TextEncoder(settings, device)

    def questions(self, texts: Sequence[str]) -> Vectors:
        """Their vectors."""
        return self._questions.encode(texts, "query")

    def passages(self, passages: Sequence[Passage]) -> Vectors:
        """Their vectors, title and text joined by a blank."""
        return self._passages.encode(list(map(encoded_text, passages)), "passage")

    def scores(
        self,
        questions: Sequence[str],
        passages: Sequence[Sequence[Passage]],
        known: Sequence[Mapping[str, float]],
    ) -> list[list[float]]:
        """The scores of each question's own passages; a passage that several need is encoded once.

        Parameters
        ----------
        questions : sequence of str
        passages : sequence of sequences of Passage
            Of each question.
        known : sequence of mappings
            Of each question: text as it is encoded (:func:`encoded_text`) to a score that is known already.
        """
        texts = [list(map(encoded_text, own)) for own in passages]
        needed = (text for own, scores in zip(texts, known, strict=True) for text in own if text not in scores)
        rows = {text: row for row, text in enumerate(dict.fromkeys(needed))}
        vectors = self._passages.encode(list(rows), "passage")
        return [
            [scores[text] if text in scores else float(vectors[rows[text]] @ question) for text in own]
            for question, own, scores in zip(self.questions(questions), texts, known, strict=True)
        ]

    def identity(self) -> dict[str, Any]:
        """Its settings, models that are folders by their content."""
        by_content = replace(
            self.settings,
            model=fingerprint(self.settings.model) or self.settings.model,
            query_model=self.settings.query_model
            and (fingerprint(self.settings.query_model) or self.settings.query_model),
        )
        return asdict(by_content)


def encoded_text(passage: Passage) -> str:
    """Title and text as the encoder gets them."""
    return passage_text(passage.title, passage.text)


def encoder_of_index(folder: Path, given: EncoderSettings | None) -> tuple[EncoderSettings, AugmentationSettings]:
    """The encoder to search an index with, and how the index was augmented.

    Raises
    ------
    UsageError
        None was given and the index names none, or one was given and it does.
    """
    if holds_encoder(str(folder)):
        if given is not None:
            raise UsageError(f"{folder} names its encoder, so no other can be given: leave --encoder out")
        return read_encoder(str(folder), "query"), read_augmentation(str(folder))
    if given is None:
        raise UsageError(f"{folder} does not name its encoder: give --encoder, the one it was made with")
    return given, AugmentationSettings(alpha=0)


class DenseIndex:
    """A Pyserini index folder, searched as stock Pyserini searches it (faiss, inner products), with no Java.

    Flat indexes and the ids stay on disk.

    Parameters
    ----------
    folder : Path
    scratch : Path
        For a file with the ids.

    Raises
    ------
    MissingInput, InvalidInput
        There is no index, or it cannot be read, or is not whole.
    """

    def __init__(self, folder: Path, scratch: Path):
        for name in ("index", "docid"):
            if not (folder / name).is_file():
                raise MissingInput(f"{folder / name}: no such file; a Pyserini index folder holds index and docid")
        try:
            # Older releases of faiss read an index into memory.
            self._index = faiss.read_index(str(folder / "index"), getattr(faiss, "IO_FLAG_MMAP_IFC", 0))
        except RuntimeError as error:
            raise InvalidInput(f"{folder / 'index'}: faiss cannot read it; is it whole?") from error
        self._ids = _Lines(folder / "docid", scratch / "docid.sqlite")
        self.dimension: int = self._index.d
        if len(self._ids) != self._index.ntotal:
            raise InvalidInput(
                f"{folder}: docid has {len(self._ids)} ids and index {self._index.ntotal} vectors; as many are expected"
            )

    def search(self, vectors: Vectors, depth: int) -> list[Ranking]:
        """The best passages of each question.

        Raises
        ------
        UsageError
            The vectors have another dimension than the index.
        """
        if vectors.shape[1] != self.dimension:
            raise UsageError(
                f"the index has vectors of {self.dimension} dimensions and the encoder makes {vectors.shape[1]}; the "
                "encoder that made the index is expected"
            )
        scores, rows = self._index.search(vectors, min(depth, self._index.ntotal))
        # Indexes that look into a part of the passages fill up with row -1.
        return [
            [(self._ids[row], float(score)) for row, score in zip(own_rows, own_scores, strict=True) if row >= 0]
            for own_rows, own_scores in zip(rows.tolist(), scores.tolist(), strict=True)
        ]


class _Lines:
    """The lines of a file by number, on disk: they can be too many for memory."""

    def __init__(self, file: Path, scratch: Path):
        self._store = IdStore(scratch, ("line (number INTEGER PRIMARY KEY, text TEXT)",))
        with file.open("rb") as lines:
            numbered = ((number, line.decode("utf-8").strip()) for number, line in enumerate(lines))
            self._store.insert_all("line", numbered, ["number", "text"])
        found = self._store.first("SELECT COUNT(*) FROM line")
        assert found is not None
        self._count: int = found[0]

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> str:
        found = self._store.first("SELECT text FROM line WHERE number = ?", number)
        assert found is not None
        line: str = found[0]
        return line


def fingerprint_index(folder: Path) -> str:
    """SHA-256 of the files of an index folder, of faiss or Lucene.

    Raises
    ------
    MissingInput
        There is none.
    """
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.name not in (MANIFEST, "write.lock")]
    if not files:
        raise MissingInput(f"{folder}: no index is there")
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(folder)).encode())
        with file.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()
