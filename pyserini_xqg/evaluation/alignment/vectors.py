"""Vectors of parallel sentences and of the English ones' queries, kept so that a stopped run goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from pyserini_xqg.collection.datasets.parallel import ParallelText
from pyserini_xqg.collection.datasets.retrieval_set import corpus_lines, queries_lines
from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.encoding.folder import open_encoders, read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.storage.files import write_atomically
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.workspace import real_place

CORPUS, RELATED, INDEXES, VECTORS = "corpus.jsonl", "related.jsonl", "indexes", "vectors"
PLAIN = "plain"


class AlignmentVectors:
    """What an encoder makes of parallel text.

    English sentences are encoded as passages, and their queries and the sentences of the other languages as queries, as
    an index and its users do. Here queries are cut no shorter than passages, so that both sides are whole.

    Parameters
    ----------
    text : ParallelText
    encoder : EncoderSettings
    folder : Path
        Gets the English sentences as a corpus (``corpus.jsonl``), an index for each source of queries, and the vectors
        of the other languages. What is there already from the same input is taken as it is.
    device : str or None
        A torch device.
    show_progress : bool

    Raises
    ------
    UsageError
        Other sentences, or something else, are in the folder.
    """

    def __init__(
        self,
        text: ParallelText,
        encoder: EncoderSettings,
        folder: Path,
        device: str | None = None,
        show_progress: bool = False,
    ):
        write_sentences(text, folder)
        self._text = text
        self._folder = folder
        self._device = device
        self._show_progress = show_progress
        build = XqgIndexBuilder(
            _whole(encoder, device),
            AugmentationSettings(alpha=0),
            IndexSettings(keep_vectors=True),
            device=device,
            show_progress=show_progress,
        )
        build.build(folder / CORPUS, None, self._plain)
        self.english = np.asarray(KeptVectors(self._plain).passages(0, len(text.english)))

    def queries(self, name: str, source: Path, num_queries: int | None = None) -> KeptVectors:
        """The vectors of the English sentences' queries.

        Parameters
        ----------
        name : str
            Of the source; its index is kept under this name.
        source : Path
            Queries of the sentences in ``corpus.jsonl``: a file or a folder.
        num_queries : int or None
            How many of each language count.

        Raises
        ------
        XqgError
            See :meth:`XqgIndexBuilder.augment`.
        """
        output = self._folder / INDEXES / name
        settings = AugmentationSettings(alpha=0, num_queries=num_queries)
        builder = XqgIndexBuilder(
            None,
            settings,
            IndexSettings(keep_vectors=True),
            device=self._device,
            show_progress=self._show_progress,
        )
        builder.augment(self._plain, source, output)
        return KeptVectors(output)

    def others(self) -> dict[str, Vectors]:
        """Language to the vectors of its sentences, in the order of the text's pairs: float32, shape (n, dimension)."""
        settings = Manifest.read(self._plain).settings["encoder"]
        encoder = None
        found = {}
        for language, pairs in self._text.pairs.items():
            texts = [pair.text for pair in pairs]
            made_from = json.dumps([settings, texts], sort_keys=True)
            # The name says what is in the file, so that a file is either right or not looked at.
            digest = hashlib.sha256(made_from.encode()).hexdigest()[:16]
            file = self._folder / VECTORS / f"{language}-{digest}.npy"
            if not file.exists():
                encoder = encoder or TextEncoder(read_encoder(str(self._plain), "query"), self._device, "query")
                bar = tqdm(
                    desc=f"encoding {language}", total=len(texts), unit=" sentences", disable=not self._show_progress
                )
                with bar:
                    _save(encoder.encode(texts, "query", bar.update), file)
            found[language] = np.load(file)
        return found

    @property
    def _plain(self) -> Path:
        return self._folder / INDEXES / PLAIN


def write_sentences(text: ParallelText, folder: Path) -> None:
    """Write the English sentences as a corpus to generate queries for, ``corpus.jsonl``, and the texts that go with
    them as queries, ``related.jsonl``, if there are any.

    Raises
    ------
    UsageError
        Other sentences, or something else, are in the folder.
    """
    corpus, there = "".join(corpus_lines(text.english)), folder / CORPUS
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; a folder is expected")
    found = there.read_text(encoding="utf-8") if there.is_file() else None
    if folder.is_dir() and any(folder.iterdir()) and found != corpus:
        raise UsageError(
            f"{folder} has {'something else' if found is None else 'other sentences'} in it; choose another output, or "
            "remove it"
        )
    real_place(folder).mkdir(parents=True, exist_ok=True)
    write_atomically(there, corpus)
    if text.related:
        write_atomically(folder / RELATED, "".join(queries_lines(text.related)))


def _whole(encoder: EncoderSettings, device: str | None) -> EncoderSettings:
    """The settings as they are resolved on the model, with queries as long as passages."""
    passages, questions = open_encoders(encoder, device)
    whole = replace(passages.settings, query_max_length=_longest(passages.settings))
    if passages is questions:
        return whole
    return whole.with_query_form(replace(questions.settings, query_max_length=_longest(questions.settings)))


def _longest(resolved: EncoderSettings) -> int:
    lengths = resolved.query_max_length, resolved.passage_max_length
    return max(length for length in lengths if length is not None)


def _save(vectors: Vectors, file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    temporary = file.with_name(file.name + ".tmp")
    with temporary.open("wb") as handle:
        np.save(handle, vectors)
    temporary.replace(file)
