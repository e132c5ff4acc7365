"""From a corpus, or an existing flat index, and generated queries to a Pyserini index of augmented vectors.

Everything is checked first. Then, a part of the corpus at a time, the vectors are made
(:mod:`pyserini_xqg.indexing.part`) and written to where they stay. A build that was stopped goes on at its first
unfinished part and ends with the same bytes.
"""

from __future__ import annotations

import copy
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from tqdm import tqdm

from pyserini_xqg.collection.query_lookup import Catalog, QueryCounts
from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.encoding.folder import describe_encoder, open_passage_encoder, read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.indexing.faiss_index import check_nprobe, fill_index, make_index
from pyserini_xqg.indexing.flat_file import read_flat
from pyserini_xqg.indexing.formula import unit
from pyserini_xqg.indexing.part import PartMaker
from pyserini_xqg.indexing.part_files import PartFiles
from pyserini_xqg.indexing.passage_source import IndexPassages, PassageSource, TextPassages
from pyserini_xqg.indexing.query_mean import mean_of_generated, mean_of_topics
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings, read_augmentation
from pyserini_xqg.storage.files import free_bytes, sha256_of
from pyserini_xqg.storage.manifest import MANIFEST, Manifest, holds_encoder
from pyserini_xqg.storage.workspace import Workspace, already_made, working_folder

PART_SIZE = 1024

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class Plan:
    """What a build would do.

    Attributes
    ----------
    passages, empty_passages, passages_with_queries, queries, dimension : int
        Counts.
    index_bytes : int or None
        Size of the index; None where it is not known beforehand.
    working_bytes, free_bytes : int
        Disk space that the build needs at its peak (index not included, unless flat), and that there is.
    seconds : float
        Time to encode, as measured on a sample here and now.
    """

    passages: int
    empty_passages: int
    passages_with_queries: int
    queries: int
    dimension: int
    index_bytes: int | None
    working_bytes: int
    free_bytes: int
    seconds: float


class XqgIndexBuilder:
    """Builds Pyserini indexes of augmented passage vectors.

    Parameters
    ----------
    encoder : EncoderSettings or str or None
        The dual encoder: settings, a model, or a folder of ours that names one. For :meth:`augment` it can be left out
        where the index names its own.
    augmentation : AugmentationSettings
    index : IndexSettings
    hubness_topics : Path or None
        Questions to take the mean query direction from, instead of the generated queries.
    device : str or None
        A torch device; None takes the best there is.
    part_size : int
        Passages between two points at which a stopped build can go on.
    show_progress : bool
        Whether to show progress on standard error.

    Examples
    --------
    >>> builder = XqgIndexBuilder("intfloat/multilingual-e5-small", AugmentationSettings(alpha=0.02))  # doctest: +SKIP
    >>> manifest = builder.build(Path("corpus"), Path("queries"), Path("indexes/mine"))  # doctest: +SKIP
    """

    def __init__(
        self,
        encoder: EncoderSettings | str | None = None,
        augmentation: AugmentationSettings | None = None,
        index: IndexSettings | None = None,
        *,
        hubness_topics: Path | None = None,
        device: str | None = None,
        part_size: int = PART_SIZE,
        show_progress: bool = False,
    ):
        if part_size < 1:
            raise UsageError(f"part_size is {part_size}: at least 1 is expected")
        self.encoder = read_encoder(encoder, "passage") if isinstance(encoder, str) else encoder
        self.augmentation = augmentation or AugmentationSettings()
        self.index = index or IndexSettings()
        self.hubness_topics = hubness_topics
        self.device = device
        self.part_size = part_size
        self.show_progress = show_progress

    def build(self, corpus: Path, queries: Path | None, output: Path) -> Manifest:
        """Build an index from texts.

        Parameters
        ----------
        corpus : Path
            Passages in Pyserini's JSONL: a file or a folder.
        queries : Path or None
            Their generated queries; None builds the plain index, as alpha 0 does.
        output : Path
            The index folder to make.

        Returns
        -------
        Manifest
            Of what was made. If the same index is there already, nothing is done.

        Raises
        ------
        XqgError
            See :mod:`pyserini_xqg.errors`; nothing is left at `output`.
        """
        source = TextPassages(corpus, self.part_size)
        return self._for(queries)._make(source, self._named_encoder(), queries, output)

    def augment(self, base: Path, queries: Path | None, output: Path) -> Manifest:
        """Build an index from the passage vectors of a plain flat one; no passage is encoded.

        Parameters
        ----------
        base : Path
            A Pyserini index folder: ours with alpha 0, or one that stock Pyserini made with the same encoder.
        queries, output : Path
            As for :meth:`build`.

        Raises
        ------
        UsageError
            `base` is augmented already, or names no encoder and none was given.
        """
        source = IndexPassages(base, self.part_size)
        encoder = self.encoder
        if holds_encoder(str(base)):
            named, made_with = read_encoder(str(base), "passage"), read_augmentation(str(base))
            if made_with.alpha or made_with.normalize or made_with.reduce_hubness:
                raise UsageError(
                    f"{base} is not plain: its vectors were augmented, normalised or reduced. Start from an index "
                    "made with --alpha 0"
                )
            if encoder is not None:
                raise UsageError(
                    f"{base} names the encoder of its passages, so no other can be given: leave --encoder out"
                )
            encoder = named
        if encoder is None:
            raise UsageError(
                f"{base} does not name its encoder: give --encoder, the one that its passages were encoded with"
            )
        return self._for(queries)._make(source, encoder, queries, output)

    def plan(self, corpus: Path, queries: Path | None, output: Path, sample: int = 64) -> Plan:
        """What :meth:`build` would do, with the time measured on `sample` passages; nothing is written at `output`."""
        if queries is None and self.augmentation.alpha:
            return self._for(queries).plan(corpus, queries, output, sample)
        with tempfile.TemporaryDirectory() as scratch, Catalog(Path(scratch)) as catalog:
            source = TextPassages(corpus, min(self.part_size, sample))
            counts = self._scan(source, catalog, queries, Path(scratch) / "docid")
            encoder = TextEncoder(self._named_encoder(), self.device)
            zeros = np.zeros(encoder.dimension, dtype=np.float32)
            languages = self._languages(counts)
            keep, first = self.index.keep_vectors, self.index.keep_first
            maker = PartMaker(self.augmentation, encoder, source, catalog, languages, keep, zeros, zeros, first)
            start = time.monotonic()
            (part,) = islice(maker.prepared(0, self.part_size), 1)
            maker.make(part)
            seconds = (time.monotonic() - start) / len(part.ids) * catalog.rows
            row = 4 * encoder.dimension
            kept = (1 + (1 + len(first)) * len(languages)) * row + 8 * len(languages) if keep else 0
            return Plan(
                passages=catalog.rows,
                empty_passages=source.empty_passages,
                passages_with_queries=counts.passages,
                queries=counts.per_language.total(),
                dimension=encoder.dimension,
                index_bytes=row * catalog.rows if self.index.factory == "Flat" else None,
                working_bytes=(row + kept) * catalog.rows,
                free_bytes=free_bytes(output.parent),
                seconds=seconds,
            )

    def _make(self, source: PassageSource, settings: EncoderSettings, queries: Path | None, output: Path) -> Manifest:
        with working_folder(output) as folder:
            manifest, workspace = self._make_in(folder, source, settings, queries, output)
            if workspace is not None:
                workspace.finish(manifest, lambda: self._settle(folder))
            return manifest

    def _make_in(
        self, folder: Path, source: PassageSource, settings: EncoderSettings, queries: Path | None, output: Path
    ) -> tuple[Manifest, Workspace | None]:
        """All but the finish; no workspace where nothing was to be done."""
        with Catalog(folder) as catalog:
            counts = self._scan(source, catalog, queries, folder / "docid")
            languages = self._languages(counts)
            encoder = open_passage_encoder(settings, self.device)
            source.check(encoder)
            index = make_index(self.index.factory, encoder.dimension)
            check_nprobe(index, self.index.nprobe)
            made_from = {
                source.kind: source.sha256,
                "queries": counts.sha256,
                "hubness_topics": _sha256(self.hubness_topics),
            }
            inputs = {name: sha256 for name, sha256 in made_from.items() if sha256 is not None}
            vector_settings = {
                "encoder": describe_encoder(encoder.settings, output),
                "augmentation": asdict(self.augmentation),
                "part_size": self.part_size,
                "keep_vectors": self.index.keep_vectors,
            }
            form = asdict(self.index)
            # Named only where it is used: an index made before this setting was there stays the same index.
            if first := form.pop("keep_first"):
                vector_settings["keep_first"] = first
            manifest = Manifest("index", _as_json({**vector_settings, "index": form}), inputs)
            if already_made(output, {"settings": manifest.settings, "inputs": inputs}):
                log.info("%s is there already, made with the same settings from the same inputs", output)
                shutil.rmtree(folder)
                return Manifest.read(output), None
            # Without the form of the index: it can be chosen anew when faiss does not take the vectors.
            workspace = Workspace(output, _as_json({"settings": vector_settings, "inputs": inputs}))
            if (folder / MANIFEST).exists() and already_made(folder, {"settings": manifest.settings, "inputs": inputs}):
                return Manifest.read(folder), workspace
            self._write_vectors(workspace, encoder, source, catalog, languages)
            if self.index.factory != "Flat":
                self._write_index(index, folder)
            manifest.counts = {
                "passages": catalog.rows,
                "empty_passages": source.empty_passages,
                "passages_without_queries": workspace.notes["without_queries"],
                "queries": workspace.notes["queries"],
                "queries_records_with_unknown_id": counts.unknown_ids,
            }
            if self.augmentation.reduce_hubness:
                manifest.details["mean_query_direction"] = workspace.notes["direction"]
            return manifest, workspace

    def _for(self, queries: Path | None) -> XqgIndexBuilder:
        """What builds: itself, or without queries a builder of the plain index."""
        asked = self.augmentation
        if queries is not None:
            return self
        if asked.control == "shuffled" or asked.languages or asked.num_queries:
            raise UsageError("shuffled, languages and a number of queries need queries: give --queries")
        plain = copy.copy(self)
        plain.augmentation = replace(asked, alpha=0)
        return plain

    def _scan(self, source: PassageSource, catalog: Catalog, queries: Path | None, docids: Path) -> QueryCounts:
        with self._bar("checking") as bar:
            source.scan(catalog, docids, bar.update)
        return QueryCounts() if queries is None else catalog.add_queries(queries)

    def _write_vectors(
        self,
        workspace: Workspace,
        encoder: TextEncoder,
        source: PassageSource,
        catalog: Catalog,
        languages: Sequence[str],
    ) -> None:
        """Make and write all parts that are not done."""
        notes = workspace.notes
        if not notes:
            mean, direction = self._mean_and_direction(encoder, catalog, languages)
            none_yet = dict.fromkeys(languages, 0)
            workspace.record(0, mean=_list(mean), direction=_list(direction), without_queries=0, queries=none_yet)
        keep, first = self.index.keep_vectors, self.index.keep_first
        mean, direction = _array(notes["mean"]), _array(notes["direction"])
        maker = PartMaker(self.augmentation, encoder, source, catalog, languages, keep, mean, direction, first)
        done = workspace.parts_done
        with (
            PartFiles(workspace.folder, catalog.rows, encoder.dimension, languages, keep, first) as files,
            self._bar("encoding", total=catalog.rows, initial=min(catalog.rows, done * self.part_size)) as bar,
        ):
            for number, prepared in enumerate(maker.prepared(done, self.part_size), start=done):
                part = maker.make(prepared)
                files.write(part)
                found = dict(zip(languages, part.counts.sum(axis=1).tolist(), strict=True))
                workspace.record(
                    number + 1,
                    without_queries=notes["without_queries"] + int((part.counts.sum(axis=0) == 0).sum()),
                    queries={language: notes["queries"][language] + found[language] for language in languages},
                )
                bar.update(len(part.vectors))

    def _mean_and_direction(
        self, encoder: TextEncoder, catalog: Catalog, languages: Sequence[str]
    ) -> tuple[Vectors | None, Vectors | None]:
        """The mean query vector for the mean control, the mean query direction for hubness reduction; None if
        unused.
        """
        settings = self.augmentation
        from_topics = self.hubness_topics is not None
        mean = None
        if settings.control == "mean" or (settings.reduce_hubness and not from_topics):
            mean = mean_of_generated(encoder, catalog, languages, settings.num_queries)
        if not settings.reduce_hubness:
            return mean, None
        if self.hubness_topics is not None:
            return mean, unit(mean_of_topics(encoder, self.hubness_topics, self.device))
        assert mean is not None
        return mean, unit(mean)

    def _settle(self, folder: Path) -> None:
        """The vectors have been needed: they are the flat index, or its working file."""
        vectors = folder / PartFiles.FLAT
        if self.index.factory != "Flat":
            vectors.unlink(missing_ok=True)
        elif vectors.exists():
            vectors.replace(folder / "index")

    def _write_index(self, index: faiss.Index, folder: Path) -> None:
        finished = folder / "index"
        fill_index(index, read_flat(folder / PartFiles.FLAT), self.index.nprobe, self.index.threads)
        try:
            faiss.write_index(index, str(finished))
        except RuntimeError as error:
            finished.unlink(missing_ok=True)
            raise XqgError(
                f"{finished} cannot be written ({error}); is there space? The same command goes on from the vectors"
            ) from error

    def _languages(self, counts: QueryCounts) -> list[str]:
        """The languages whose queries count, in the order of their codes."""
        return counts.languages(self.augmentation.languages if counts.records else None)

    def _named_encoder(self) -> EncoderSettings:
        if self.encoder is None:
            raise UsageError("no encoder: name a model, or a folder made by xqg encoder or xqg index")
        return self.encoder

    def _bar(self, what: str, **options: Any) -> tqdm[Any]:
        return tqdm(
            desc=what, unit=" passages", unit_scale=True, disable=not self.show_progress, dynamic_ncols=True, **options
        )


def _sha256(file: Path | None) -> str | None:
    if file is None:
        return None
    list(read_topics(file))  # is it there, and topics?
    return sha256_of(file)


def _as_json(values: dict[str, Any]) -> dict[str, Any]:
    """`values` as they come back from a JSON file (tuples as lists), so that they compare equal."""
    result: dict[str, Any] = json.loads(json.dumps(values))
    return result


def _list(vector: Vectors | None) -> list[float] | None:
    return None if vector is None else vector.tolist()


def _array(values: list[float] | None) -> Vectors | None:
    return None if values is None else np.asarray(values, dtype=np.float32)
