"""Dense index: a Pyserini index folder of faiss that finds passages by id."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import MissingInput, UsageError
from pyserini_xqg.indexing.search import IndexSearcher
from pyserini_xqg.indexing.settings import AugmentationSettings, read_augmentation
from pyserini_xqg.storage.id_store import IdStore
from pyserini_xqg.storage.manifest import MANIFEST, holds_encoder

# (id, score) of what was found, best first.
Ranking = list[tuple[str, float]]


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
    """A Pyserini index folder that finds passages by id; flat indexes and the ids stay on disk.

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
        self._searcher = IndexSearcher(folder)
        self._ids = _Lines(folder / "docid", scratch / "docid.sqlite")
        self._searcher.check_ids(len(self._ids))

    def search(self, vectors: Vectors, depth: int) -> list[Ranking]:
        """The best passages of each question.

        Raises
        ------
        UsageError
            The vectors have another dimension than the index.
        """
        scores, rows = self._searcher.search(vectors, depth)
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
