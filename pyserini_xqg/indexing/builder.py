"""Builder of Pyserini indexes of augmented vectors, from a corpus or a flat index and generated queries.

Everything is checked first. Then, a part of the corpus at a time, the vectors are made
(:mod:`pyserini_xqg.indexing.augmentation`) and written to where they stay
(:mod:`pyserini_xqg.indexing.vector_files`). A build that was stopped goes on with the parts that are not done and ends
with the same bytes.
"""

from __future__ import annotations

import copy
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pyserini_xqg.encoding.folder import open_passage_encoder, read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.build import BuildPlan, used_languages
from pyserini_xqg.indexing.formula import unit
from pyserini_xqg.indexing.kept_builder import PART_SIZE, build_from_kept
from pyserini_xqg.indexing.kept_scan import KeptScan
from pyserini_xqg.indexing.kept_vectors import KeptVectors, keeps_queries
from pyserini_xqg.indexing.passage_source import (
    IndexPassages,
    PassageSource,
    TextPassages,
    encoder_of_plain,
    refuse_another,
)
from pyserini_xqg.indexing.plan import IndexPlan, plan_index
from pyserini_xqg.indexing.query_mean import mean_of_topics, sha256_of_topics
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.shard_build import build_shard, finish_build, prepare_build
from pyserini_xqg.storage.finishing import take_up
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.shards import Shard
from pyserini_xqg.storage.workspace import working_folder


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
    verify, mixed_devices : bool
        Whether a build that goes on reads all input again, and takes what another kind of device has begun; see
        :class:`BuildSettings`.
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
        mixed_devices: bool = False,
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
        self.mixed_devices = mixed_devices
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

    def build_shard(
        self, corpus: str | Path, queries: str | Path | None, output: str | Path, shard: Shard
    ) -> Manifest | None:
        """Do one of several shares of :meth:`build`, each in a process of its own, on one machine or on several.

        Parameters
        ----------
        corpus, queries, output
            As for :meth:`build`, on a file system that all see.
        shard : Shard
            The first one scans the inputs, and the others wait for that.

        Returns
        -------
        Manifest or None
            Of the index, if no other share is left: whoever does the last one checks them all. None: some are left.

        Raises
        ------
        UsageError
            The build was begun on another kind of device.
        """
        return build_shard(self._shared(corpus, queries, output), shard)

    def prepare(self, corpus: str | Path, queries: str | Path | None, output: str | Path) -> None:
        """Do what :meth:`build_shard` needs before the first part: check the inputs. The first share does it too."""
        prepare_build(self._shared(corpus, queries, output), self.verify)

    def finish(self, corpus: str | Path, queries: str | Path | None, output: str | Path) -> Manifest:
        """Check what :meth:`build_shard` has done, and finish the index.

        Raises
        ------
        UsageError
            Not all parts are done.
        """
        return finish_build(self._shared(corpus, queries, output))

    def plan(self, corpus: str | Path, queries: str | Path | None, output: str | Path, sample: int = 64) -> IndexPlan:
        """What :meth:`build` would do, with the time measured on `sample` passages; nothing is written at `output`."""
        if queries is None and self.augmentation.alpha:
            return self._for(queries).plan(corpus, queries, output, sample)
        source = TextPassages(Path(corpus), min(self.part_size, sample))
        with tempfile.TemporaryDirectory() as scratch:
            scan = KeptScan(Path(scratch), source, _path(queries), self.augmentation)
            with scan.lookup() as lookup:
                with self._bar("checking") as bar:
                    counts = scan.run(lookup, bar.update)
                languages = used_languages(self.augmentation, self.index, counts)
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
        plan = self._plan(source, settings, queries, output)
        take_up(output)
        with working_folder(output) as folder:
            with plan.begun(folder, plan.kept_scan(folder, self.verify)) as build:
                if (there := build.made.there()) is not None:
                    return there
                workspace = build.made.workspace()
                if (manifest := build.made.whole()) is None:
                    build.prepare(workspace)
                    files = build.files()
                    build.encode(workspace, files)
                    build.made.fill()
                    manifest = build.manifest(workspace, files)
            workspace.finish(manifest, build.made.settle)
            return manifest

    def _shared(self, corpus: str | Path, queries: str | Path | None, output: str | Path) -> BuildPlan:
        source = TextPassages(Path(corpus), self.part_size)
        return self._for(queries)._plan(source, self._named_encoder(), _path(queries), Path(output))

    def _plan(self, source: PassageSource, settings: EncoderSettings, queries: Path | None, output: Path) -> BuildPlan:
        """What all processes of a build have in common; the model is loaded before the corpus is read, which can take
        hours.
        """
        encoder = open_passage_encoder(settings, self.device)
        form = self.augmentation, self.index, self.part_size, self.hubness_topics, self.device, self.mixed_devices
        return BuildPlan(*form, encoder, source, queries, output, self._bar)

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

    def _named_encoder(self) -> EncoderSettings:
        if self.encoder is None:
            raise UsageError("no encoder: name a model, or a folder made by xqg encoder or xqg index")
        return self.encoder

    def _bar(self, what: str, **options: Any) -> tqdm[Any]:
        options = {"unit": " passages", "unit_scale": True, "dynamic_ncols": True, **options}
        return tqdm(desc=what, disable=not self.show_progress, **options)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
