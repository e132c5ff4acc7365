"""Scoring of generated queries against their passages, with the encoder that will search.

A score is the inner product of a query's vector and its passage's. (Doc2Query--, Gospodinov, MacAvaney and Macdonald,
ECIR 2023, filters by a cross-encoder's score.) A rank is where a search with the query finds its passage. The scored
folder holds the queries as well, so that it can be filtered by any threshold without a look at anything else.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from pyserini_xqg.collection.queries import PassageQueries
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.encoding.encoder import Progress, TextEncoder, Vectors
from pyserini_xqg.encoding.folder import describe_encoder, open_passage_encoder, read_encoder
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.passage_source import TextPassages
from pyserini_xqg.indexing.search import IndexSearcher
from pyserini_xqg.storage.files import changed, sha256_of
from pyserini_xqg.storage.finishing import take_up
from pyserini_xqg.storage.manifest import MANIFEST, Manifest, holds_encoder
from pyserini_xqg.storage.parts import FileParts
from pyserini_xqg.storage.workspace import Workspace, already_made, working_folder

PART_SIZE = 1024
DECIMALS = 6


def score_queries(
    corpus: str | Path,
    queries: str | Path,
    encoder: str | Path,
    output: str | Path,
    *,
    index: str | Path | None = None,
    depth: int = 10,
    device: str | None = None,
    part_size: int = PART_SIZE,
    show_progress: bool = False,
) -> Manifest:
    """Score queries.

    Parameters
    ----------
    corpus, queries : str or Path
        Files or folders, as :class:`pyserini_xqg.indexing.XqgIndexBuilder` takes them.
    encoder : str or Path
        The retriever's: a model, or a folder of ours that names one.
    output : str or Path
        The scored folder to make: JSON lines ``{"id", "queries": {language: [text, ...]}, "scores": {language: [number,
        ...]}, "ranks": {language: [number or null, ...]}}``, ranks from 1, null for those below `depth`.
    index : str or Path or None
        A Pyserini index folder of the same corpus, to search for ranks; None leaves them out.
    depth : int
        How far down a passage is looked for.
    device : str or None
        A torch device; None takes the best there is.
    part_size : int
        Passages between two points at which a stopped run can go on.
    show_progress : bool

    Raises
    ------
    UsageError
        The index was made with another encoder.
    InvalidInput
        The index is of another corpus or damaged, or a score is not finite.
    """
    scoring = ScoringJob(
        Path(corpus), Path(queries), encoder, Path(output), index, depth, device, part_size, show_progress
    )
    take_up(scoring.output)
    with working_folder(scoring.output) as folder:
        with scoring.begun(folder) as begun:
            if already_made(scoring.output, begun.identity):
                shutil.rmtree(folder)
                return Manifest.read(scoring.output)
            workspace = Workspace(scoring.output, begun.identity)
            if (folder / MANIFEST).exists() and already_made(folder, begun.identity):
                manifest = Manifest.read(folder)
            else:
                workspace.record()
                done = FileParts(folder, "part", begun.part_count)
                begun.write(done, done.missing())
                manifest = begun.manifest()
        workspace.finish(manifest)
        return manifest


@dataclass(frozen=True)
class ScoringJob:
    """What is scored by what, the parameters of :func:`score_queries`: the same in all processes that do it together.

    Raises
    ------
    UsageError
        A number is below 1.
    """

    corpus: Path
    queries: Path
    encoder: str | Path
    output: Path
    index: str | Path | None
    depth: int
    device: str | None
    part_size: int
    show_progress: bool

    def __post_init__(self) -> None:
        if self.depth < 1 or self.part_size < 1:
            raise UsageError(f"depth is {self.depth} and part_size {self.part_size}: at least 1 is expected of both")

    @contextmanager
    def begun(self, scratch: Path) -> Iterator[Scoring]:
        """The scoring, all input read from end to end; `scratch` is for that."""
        # Before the corpus is read, which can take hours.
        opened = open_passage_encoder(read_encoder(self.encoder, "passage"), self.device)
        with QueryLookup(scratch) as lookup:
            yield Scoring(self, opened, lookup, scratch / "docid")


class Scoring:
    """A scoring that has begun.

    Attributes
    ----------
    identity : dict
        Settings and inputs.
    part_count : int
    """

    def __init__(self, job: ScoringJob, encoder: TextEncoder, lookup: QueryLookup, docids: Path):
        self._job, self._encoder, self._lookup = job, encoder, lookup
        source = self._source = TextPassages(job.corpus, job.part_size)
        try:
            with self._bar("checking", " passages") as bar:
                source.scan(lookup, docids, bar.update)
            found = self._found = lookup.add_queries(job.queries)
            self._languages = found.languages(None)
            index = job.index
            self._index = None if index is None else _Index(Path(index), docids, lookup.rows, encoder, job.depth)
        finally:
            docids.unlink(missing_ok=True)
        self.part_count = -(-lookup.rows // job.part_size)
        inputs = {"corpus": source.sha256, "queries": str(found.sha256)}
        if self._index is not None:
            inputs["index"] = self._index.sha256
        settings = {
            "encoder": describe_encoder(encoder.settings, job.output),
            "depth": None if job.index is None else job.depth,
            "part_size": job.part_size,
        }
        self.identity: dict[str, Any] = {"settings": settings, "inputs": inputs}

    def write(self, done: FileParts, numbers: Iterable[int]) -> None:
        """Score parts."""
        size = self._job.part_size
        with self._bar("scoring", " queries") as bar:
            for number, ids, ready in self._source.parts(self._encoder, numbers):
                rows = range(number * size, number * size + len(ids))
                records = self._lookup.queries_of(rows)
                passages = self._source.begin(self._encoder, ready)()
                scored = ids, records, self._languages, passages, rows, self._encoder, self._index
                done.write(number, "".join(_score(*scored, bar.update)))

    def manifest(self) -> Manifest:
        """The manifest, once all parts are there."""
        counts = {
            "passages": self._lookup.rows,
            "queries": {language: self._found.per_language[language] for language in self._languages},
            "queries_records_with_unknown_id": self._found.unknown_ids,
        }
        if self._index is not None:
            self._index.check_unchanged()
        return Manifest("scored queries", self.identity["settings"], self.identity["inputs"], counts)

    def _bar(self, what: str, unit: str) -> tqdm[Any]:
        return tqdm(desc=what, unit=unit, unit_scale=True, disable=not self._job.show_progress)


class _Index:
    """A Pyserini index that tells at which rank a passage comes."""

    def __init__(self, folder: Path, docids: Path, passages: int, encoder: TextEncoder, depth: int):
        try:
            same = sha256_of(folder / "docid") == sha256_of(docids)
            self.sha256 = sha256_of(folder / "index")
        except MissingInput as error:
            raise MissingInput(f"{error}; a Pyserini index folder holds index and docid") from error
        if not same:
            raise InvalidInput(f"{folder} is of another corpus, or of this one in another order: its docid differs")
        if holds_encoder(str(folder)):
            named = read_encoder(str(folder), "passage")
            if _by_content(named) != _by_content(encoder.settings):
                raise UsageError(f"{folder} was made with the encoder {named}, which is not {encoder.settings}")
        self._file = folder / "index"
        self._searcher = IndexSearcher(folder)
        self._searcher.check_ids(passages)
        if self._searcher.dimension != encoder.dimension:
            raise UsageError(
                f"{folder} has vectors of {self._searcher.dimension} dimensions and the encoder makes "
                f"{encoder.dimension}; the encoder that made the index is expected"
            )
        self._depth = depth

    def check_unchanged(self) -> None:
        """Raise if the index is no longer the one that was opened: it is read in place."""
        if sha256_of(self._file) != self.sha256:
            raise changed(self._file)

    def ranks(self, vectors: Vectors, rows: npt.NDArray[np.intp]) -> list[int | None]:
        """The rank, from 1, of the passage in each row for the query beside it; None below the depth."""
        _, found = self._searcher.search(vectors, self._depth)
        places = found == rows[:, None]
        return [int(place.argmax()) + 1 if place.any() else None for place in places]


def _score(
    ids: Sequence[str],
    records: Sequence[PassageQueries | None],
    languages: Sequence[str],
    passages: Vectors,
    rows: range,
    encoder: TextEncoder,
    index: _Index | None,
    progress: Progress,
) -> list[str]:
    """A part's lines."""
    queries: list[Mapping[str, Sequence[str]]] = [record.queries if record else {} for record in records]
    texts = [text for own in queries for language in languages for text in own.get(language, ())]
    owners = np.array([row for row, own in enumerate(queries) for texts in own.values() for _ in texts], dtype=np.intp)
    vectors = encoder.encode(texts, "query", progress)
    products = np.einsum("nd,nd->n", vectors, passages[owners])
    if len(broken := np.flatnonzero(~np.isfinite(products))):
        raise InvalidInput(
            f"the score of a query of passage {ids[owners[broken[0]]]!r} is not finite (NaN or infinite); does the "
            "model overflow in this dtype? Try --dtype float32 or bfloat16, and check the model's weights"
        )
    scores = iter(products.astype(np.float64).round(DECIMALS).tolist())
    ranks = iter(index.ranks(vectors, owners + rows.start) if index is not None and texts else [])
    lines = []
    for identifier, own in zip(ids, queries, strict=True):
        present = [language for language in languages if own.get(language)]
        line: dict[str, Any] = {"id": identifier, "queries": {language: own[language] for language in present}}
        line["scores"] = {language: [next(scores) for _ in own[language]] for language in present}
        if index is not None:
            line["ranks"] = {language: [next(ranks) for _ in own[language]] for language in present}
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    return lines


def _by_content(encoder: EncoderSettings) -> EncoderSettings:
    """With models that are folders named by what is in them: one folder has many paths."""
    query_model = encoder.query_model and (fingerprint(encoder.query_model) or encoder.query_model)
    return replace(encoder, model=fingerprint(encoder.model) or encoder.model, query_model=query_model)
