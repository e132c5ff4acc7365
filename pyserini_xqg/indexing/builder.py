"""Builder of Pyserini indexes of augmented vectors, from a corpus or a flat index and generated queries.

Everything is checked first. Then, a part of the corpus at a time, the vectors are made
(:mod:`pyserini_xqg.indexing.augmentation`) and written to where they stay
(:mod:`pyserini_xqg.indexing.vector_files`). A build that was stopped goes on with the parts that are not done and ends
with the same bytes.
"""

from __future__ import annotations

import copy
import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pyserini_xqg.collection.query_counts import QueryCounts
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.encoding.folder import open_passage_encoder, read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.augmentation import Augmenter
from pyserini_xqg.indexing.exchange import exchange_for
from pyserini_xqg.indexing.formula import unit
from pyserini_xqg.indexing.index_folder import IndexFolder
from pyserini_xqg.indexing.kept_builder import PART_SIZE, build_from_kept
from pyserini_xqg.indexing.kept_scan import KeptScan
from pyserini_xqg.indexing.kept_vectors import KeptVectors, keeps_queries
from pyserini_xqg.indexing.lengths import length_warning
from pyserini_xqg.indexing.passage_source import (
    IndexPassages,
    PassageSource,
    TextPassages,
    encoder_of_plain,
    refuse_another,
)
from pyserini_xqg.indexing.pipeline import one_behind
from pyserini_xqg.indexing.plan import IndexPlan, plan_index
from pyserini_xqg.indexing.query_mean import mean_and_direction, mean_of_topics, sha256_of_topics
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from pyserini_xqg.storage.files import changed, sha256_of
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.workspace import Workspace, working_folder

log = logging.getLogger("pyserini_xqg")


class XqgIndexBuilder:
    """Builds Pyserini indexes of augmented passage vectors.

    Parameters
    ----------
    encoder : EncoderSettings or str or Path or None
        The dual encoder: settings, a model, or a folder of ours that names one. For :meth:`augment` it can be left out
        where the index names its own.
    augmentation : AugmentationSettings
    index : IndexSettings
    hubness_topics : str or Path or None
        Questions to take the mean query direction from, instead of the generated queries.
    device : str or None
        A torch device; None takes the best there is.
    part_size : int
        Passages between two points at which a stopped build can go on.
    verify : bool
        Whether a build that goes on reads all input again, see :class:`BuildSettings`.
    show_progress : bool
        Whether to show progress on standard error.

    Examples
    --------
    >>> builder = XqgIndexBuilder("intfloat/multilingual-e5-small", AugmentationSettings(alpha=0.02))  # doctest: +SKIP
    >>> manifest = builder.build(Path("corpus"), Path("queries"), Path("indexes/mine"))  # doctest: +SKIP
    """

    def __init__(
        self,
        encoder: EncoderSettings | str | Path | None = None,
        augmentation: AugmentationSettings | None = None,
        index: IndexSettings | None = None,
        *,
        hubness_topics: str | Path | None = None,
        device: str | None = None,
        part_size: int = PART_SIZE,
        verify: bool = False,
        show_progress: bool = False,
    ):
        if part_size < 1:
            raise UsageError(f"part_size is {part_size}: at least 1 is expected")
        self.encoder = read_encoder(encoder, "passage") if isinstance(encoder, str | Path) else encoder
        self.augmentation = augmentation or AugmentationSettings()
        self.index = index or IndexSettings()
        self.hubness_topics = _path(hubness_topics)
        self.device = device
        self.part_size = part_size
        self.verify = verify
        self.show_progress = show_progress

    def build(self, corpus: str | Path, queries: str | Path | None, output: str | Path) -> Manifest:
        """Build an index from texts.

        Parameters
        ----------
        corpus : str or Path
            Passages in Pyserini's JSONL: a file or a folder.
        queries : str or Path or None
            Their generated queries; None builds the plain index, as alpha 0 does.
        output : str or Path
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
        source = TextPassages(Path(corpus), self.part_size)
        return self._for(queries)._make(source, self._named_encoder(), _path(queries), Path(output))

    def augment(self, base: str | Path, queries: str | Path | None, output: str | Path) -> Manifest:
        """Build an index from the passage vectors of a plain flat one; no passage is encoded.

        Parameters
        ----------
        base : str or Path
            A Pyserini index folder: ours with alpha 0, or one that stock Pyserini made with the same encoder.
        queries : str or Path or None
            As for :meth:`build`. Without them, those of a `base` that keeps its vectors count, however that was
            augmented, and nothing is encoded.
        output : str or Path
            As for :meth:`build`.

        Raises
        ------
        UsageError
            `base` is augmented already, or names no encoder and none was given; with kept vectors see
            :func:`~pyserini_xqg.indexing.kept_builder.build_from_kept`.
        """
        if queries is None and keeps_queries(base):
            return self._from_kept(Path(base), Path(output))
        source = IndexPassages(Path(base), self.part_size)
        return self._for(queries)._make(source, encoder_of_plain(base, self.encoder), _path(queries), Path(output))

    def plan(self, corpus: str | Path, queries: str | Path | None, output: str | Path, sample: int = 64) -> IndexPlan:
        """What :meth:`build` would do, with the time measured on `sample` passages; nothing is written at `output`."""
        if queries is None and self.augmentation.alpha:
            return self._for(queries).plan(corpus, queries, output, sample)
        source = TextPassages(Path(corpus), min(self.part_size, sample))
        with tempfile.TemporaryDirectory() as scratch:
            scan = KeptScan(Path(scratch), source, _path(queries), self.augmentation)
            with scan.lookup() as lookup:
                counts = self._scanned(scan, lookup)
                languages = self._languages(counts)
                encoder = open_passage_encoder(self._named_encoder(), self.device)
                form = self.augmentation, self.index, encoder
                return plan_index(*form, source, lookup, counts, languages, Path(output))

    def _from_kept(self, base: Path, output: Path) -> Manifest:
        refuse_another(base, self.encoder)
        kept = KeptVectors(base)
        direction = topics = None
        if self.augmentation.reduce_hubness and self.hubness_topics is not None:
            topics = sha256_of_topics(self.hubness_topics)
            opened = open_passage_encoder(read_encoder(base, "passage"), self.device)
            direction = unit(mean_of_topics(opened, self.hubness_topics, self.device))
        with self._bar("augmenting", total=kept.rows) as bar:
            build = partial(build_from_kept, kept, self.augmentation, output, self.index, self.part_size)
            return build(direction, topics, progress=bar.update)

    def _make(self, source: PassageSource, settings: EncoderSettings, queries: Path | None, output: Path) -> Manifest:
        # Before the corpus is read, which can take hours.
        encoder = open_passage_encoder(settings, self.device)
        with working_folder(output) as folder:
            manifest, workspace, made = self._make_in(folder, source, encoder, queries, output)
            if workspace is not None:
                workspace.finish(manifest, made.settle)
            return manifest

    def _make_in(
        self, folder: Path, source: PassageSource, encoder: TextEncoder, queries: Path | None, output: Path
    ) -> tuple[Manifest, Workspace | None, IndexFolder]:
        """All but the finish; no workspace where nothing was to be done."""
        scan = KeptScan(folder, source, queries, self.augmentation, self.verify)
        with scan.forgotten_if_changed(), scan.lookup() as lookup:
            counts = self._scanned(scan, lookup)
            languages = self._languages(counts)
            source.check(encoder)
            inputs = {
                source.kind: source.sha256,
                "queries": counts.sha256,
                "hubness_topics": None if self.hubness_topics is None else sha256_of_topics(self.hubness_topics),
            }
            form = self.augmentation, self.index, self.part_size
            made = IndexFolder(folder, output, encoder.settings, encoder.dimension, lookup.rows, *form, inputs)
            if (there := made.there()) is not None:
                return there, None, made
            workspace = made.workspace()
            if (whole := made.whole()) is not None:
                return whole, workspace, made
            keeping = partial(scan.keep, lookup, counts)
            found = self._write_vectors(workspace, encoder, source, lookup, languages, keeping)
            made.fill()
            made.manifest.counts = {
                "passages": lookup.rows,
                "empty_passages": source.empty_passages,
                **found,
                "queries_records_with_unknown_id": counts.unknown_ids,
            }
            if self.augmentation.reduce_hubness:
                made.manifest.details["mean_query_direction"] = workspace.notes["direction"]
            return made.manifest, workspace, made

    def _for(self, queries: str | Path | None) -> XqgIndexBuilder:
        """What builds: itself, or without queries a builder of the plain index."""
        asked = self.augmentation
        if queries is not None:
            return self
        if asked.control == "shuffled" or asked.languages or asked.num_queries:
            raise UsageError("shuffled, languages and a number of queries need queries: give --queries")
        plain = copy.copy(self)
        plain.augmentation = replace(asked, alpha=0)
        return plain

    def _scanned(self, scan: KeptScan, lookup: QueryLookup) -> QueryCounts:
        with self._bar("checking") as bar:
            return scan.run(lookup, bar.update)

    def _write_vectors(
        self,
        workspace: Workspace,
        encoder: TextEncoder,
        source: PassageSource,
        lookup: QueryLookup,
        languages: Sequence[str],
        keep_scan: Callable[[], object],
    ) -> dict[str, Any]:
        """Make and write all parts that are not done; the counts of the manifest that come of them."""
        notes, asked = workspace.notes, self.augmentation
        exchange = exchange_for(asked, lookup, languages)
        if "mean" not in notes:
            with self._bar("mean of the queries", unit=" queries", delay=1) as bar:
                found = mean_and_direction(
                    asked, encoder, lookup, languages, self.hubness_topics, self.device, bar.update, exchange
                )
            topics = workspace.identity["inputs"].get("hubness_topics")
            if self.hubness_topics is not None and sha256_of(self.hubness_topics) != topics:
                raise changed(self.hubness_topics)
            named = zip(("mean", "direction"), found, strict=True)
            workspace.record(**{name: None if vector is None else vector.tolist() for name, vector in named})
        keep_scan()
        keep, first, size = self.index.keep_vectors, self.index.keep_first, self.part_size
        mean, direction = _array(notes["mean"]), _array(notes["direction"])
        augmenter = Augmenter(asked, encoder, source, lookup, languages, keep, mean, direction, first, exchange)
        files = VectorFiles(workspace.folder, lookup.rows, encoder.dimension, size, languages, keep, first)
        missing = list(files.parts.missing())
        todo = sum(min(size, lookup.rows - number * size) for number in missing)
        with self._bar("encoding", total=lookup.rows, initial=lookup.rows - todo) as bar:
            begun = (augmenter.begin(tokenized, bar.update) for tokenized in augmenter.tokenized(missing))
            one_behind(partial(files.write_begun, part) for part in begun)
        if asked.alpha and (said := length_warning(files.lengths(), asked.normalize)):
            log.warning("%s", said)
        without, queries = files.query_counts()
        counts = {"passages_without_queries": without, "queries": queries}
        return counts if exchange is None else {**counts, **exchange.counts()}

    def _languages(self, counts: QueryCounts) -> list[str]:
        """The languages whose queries count, in the order of their codes; where none is looked at there may be none."""
        asked = self.augmentation.languages if counts.records else None
        idle = not self.augmentation.alpha and not self.index.keep_vectors
        return [] if idle and not asked and not counts.per_language else counts.languages(asked)

    def _named_encoder(self) -> EncoderSettings:
        if self.encoder is None:
            raise UsageError("no encoder: name a model, or a folder made by xqg encoder or xqg index")
        return self.encoder

    def _bar(self, what: str, **options: Any) -> tqdm[Any]:
        options = {"unit": " passages", "unit_scale": True, "dynamic_ncols": True, **options}
        return tqdm(desc=what, disable=not self.show_progress, **options)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


def _array(values: list[float] | None) -> Vectors | None:
    return None if values is None else np.asarray(values, dtype=np.float32)
