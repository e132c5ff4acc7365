"""Build of an index in a working folder: its inputs scanned, its parts encoded, its counts at the end.

A process that builds alone goes through all of it; those that share a build go through it together
(:mod:`pyserini_xqg.indexing.shard_build`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pyserini_xqg.collection.query_counts import QueryCounts
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.encoding.device import device_name
from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.augmentation import Augmenter
from pyserini_xqg.indexing.exchange import Exchange, exchange_for
from pyserini_xqg.indexing.index_folder import IndexFolder
from pyserini_xqg.indexing.kept_scan import KeptScan
from pyserini_xqg.indexing.lengths import length_warning
from pyserini_xqg.indexing.passage_source import PassageSource
from pyserini_xqg.indexing.pipeline import one_behind
from pyserini_xqg.indexing.query_mean import mean_and_direction, sha256_of_topics
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from pyserini_xqg.storage.files import changed, sha256_of
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.workspace import Workspace

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class BuildPlan:
    """What is built from what: the same in all processes of one build.

    Attributes
    ----------
    augmentation, index, part_size, hubness_topics, device, mixed_devices
        See :class:`pyserini_xqg.indexing.XqgIndexBuilder`.
    encoder : TextEncoder
    source : PassageSource
    queries : Path or None
    output : Path
        Where the index is to go.
    bar : callable
        Makes a progress bar, from what it shows and options of tqdm.
    """

    augmentation: AugmentationSettings
    index: IndexSettings
    part_size: int
    hubness_topics: Path | None
    device: str | None
    mixed_devices: bool
    encoder: TextEncoder
    source: PassageSource
    queries: Path | None
    output: Path
    bar: Callable[..., tqdm[Any]]

    def kept_scan(self, folder: Path, verify: bool = False) -> KeptScan:
        """The scan in a folder, as far as it is there."""
        return KeptScan(folder, self.source, self.queries, self.augmentation, verify)

    def index_folder(self, folder: Path, inputs: dict[str, str | None], rows: int = 0) -> IndexFolder:
        """The folder of the index, made from such inputs; how many rows it has is needed to fill it."""
        form = self.augmentation, self.index, self.part_size
        return IndexFolder(folder, self.output, self.encoder.settings, self.encoder.dimension, rows, *form, inputs)

    @contextmanager
    def begun(self, folder: Path, scan: KeptScan) -> Iterator[IndexBuild]:
        """The build in a folder, its inputs scanned; what was kept of them goes where they turn out to have changed."""
        with scan.forgotten_if_changed(), scan.lookup() as lookup:
            yield IndexBuild(self, folder, scan, lookup)


class IndexBuild:
    """A build that has begun.

    Parameters
    ----------
    plan : BuildPlan
    folder : Path
        Where the work is done.
    scan : KeptScan
        Kept, or run here.
    lookup : QueryLookup
        That of the scan.

    Attributes
    ----------
    made : IndexFolder
    """

    def __init__(self, plan: BuildPlan, folder: Path, scan: KeptScan, lookup: QueryLookup):
        self._plan, self._folder, self._scan, self._lookup = plan, folder, scan, lookup
        with plan.bar("checking") as bar:
            self._counts = scan.run(lookup, bar.update)
        self._languages = used_languages(plan.augmentation, plan.index, self._counts)
        plan.source.check(plan.encoder)
        topics = plan.hubness_topics
        self.made = plan.index_folder(
            folder,
            {
                plan.source.kind: plan.source.sha256,
                "queries": self._counts.sha256,
                "hubness_topics": None if topics is None else sha256_of_topics(topics),
            },
            lookup.rows,
        )
        self._device = device_name(plan.encoder.device)

    @cached_property
    def _exchange(self) -> Exchange | None:
        return exchange_for(self._plan.augmentation, self._lookup, self._languages)

    def prepare(self, workspace: Workspace) -> None:
        """Record the mean of the queries and keep the scan: from then on parts can be made, here and elsewhere.

        Raises
        ------
        UsageError
            It was begun on another kind of device.
        """
        plan, asked = self._plan, self._plan.augmentation
        begun_on = workspace.notes.get("device", self._device)
        if begun_on != self._device and not plan.mixed_devices:
            raise UsageError(
                f"{workspace.folder} was begun on {begun_on} and this is {self._device}: vectors would differ in "
                "their last bits from those of one device. Go on there, or give --mixed-devices"
            )
        if "mean" not in workspace.notes:
            with plan.bar("mean of the queries", unit=" queries", delay=1) as bar:
                found = mean_and_direction(
                    *(asked, plan.encoder, self._lookup, self._languages, plan.hubness_topics, plan.device),
                    *(bar.update, self._exchange),
                )
            topics = workspace.identity["inputs"].get("hubness_topics")
            if plan.hubness_topics is not None and sha256_of(plan.hubness_topics) != topics:
                raise changed(plan.hubness_topics)
            named = zip(("mean", "direction"), found, strict=True)
            vectors = {name: None if vector is None else vector.tolist() for name, vector in named}
            workspace.record(**vectors, device=self._device)
        self._scan.keep(self._lookup, self._counts)

    def files(self) -> VectorFiles:
        """The files of the vectors, in the folder."""
        rows, form = self._lookup.rows, self._plan.index
        shape = rows, self._plan.encoder.dimension, self._plan.part_size
        kept = form.keep_vectors, form.keep_first
        return VectorFiles(self._folder, *shape, self._languages, *kept, device=self._device)

    def encode(self, workspace: Workspace, files: VectorFiles, among: Iterable[int] | None = None) -> None:
        """Make and write the parts that are not done, `among` some of them, None: all."""
        plan, notes, size, rows = self._plan, workspace.notes, self._plan.part_size, self._lookup.rows
        augmenter = Augmenter(
            *(plan.augmentation, plan.encoder, plan.source, self._lookup, self._languages, plan.index.keep_vectors),
            *(_array(notes["mean"]), _array(notes["direction"]), plan.index.keep_first, self._exchange),
        )
        looked_at = range(files.parts.total) if among is None else list(among)
        missing = list(files.parts.missing(looked_at))
        total, todo = (sum(min(size, rows - number * size) for number in numbers) for numbers in (looked_at, missing))
        bar = plan.bar("encoding", total=total, initial=total - todo)
        # Closed where a part fails or the run is stopped: its thread reads from the lookup, which is closed next.
        with bar, closing(augmenter.tokenized(missing)) as parts:
            begun = (augmenter.begin(tokenized, bar.update) for tokenized in parts)
            one_behind(partial(files.write_begun, part) for part in begun)

    def manifest(self, workspace: Workspace, files: VectorFiles) -> Manifest:
        """The manifest, once all parts are there."""
        asked, made = self._plan.augmentation, self.made.manifest
        if asked.alpha and (said := length_warning(files.lengths(), asked.normalize)):
            log.warning("%s", said)
        without, queries = files.query_counts()
        made.counts = {
            "passages": self._lookup.rows,
            "empty_passages": self._plan.source.empty_passages,
            "passages_without_queries": without,
            "queries": queries,
            **({} if self._exchange is None else self._exchange.counts()),
            "queries_records_with_unknown_id": self._counts.unknown_ids,
        }
        if asked.reduce_hubness:
            made.details["mean_query_direction"] = workspace.notes["direction"]
        if len(devices := files.devices()) > 1:
            made.details["devices"] = devices
        return made


def used_languages(augmentation: AugmentationSettings, index: IndexSettings, counts: QueryCounts) -> list[str]:
    """The languages whose queries count, in the order of their codes; where none is looked at there may be none."""
    asked = augmentation.languages if counts.records else None
    idle = not augmentation.alpha and not index.keep_vectors
    return [] if idle and not asked and not counts.per_language else counts.languages(asked)


def _array(values: list[float] | None) -> Vectors | None:
    return None if values is None else np.asarray(values, dtype=np.float32)
