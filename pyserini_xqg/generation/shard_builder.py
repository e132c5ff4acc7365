"""Builder of folders of generated queries by processes that share a folder, and neither locks nor messages.

Each does the parts of its share; a part that two have done is the same twice where the generator is reproducible, and
else one of the two. Whoever finds a marker of every part holds them against what is on disk, takes the folder
(:mod:`pyserini_xqg.storage.finishing`) and puts it in its place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.errors import FolderLost, UsageError
from pyserini_xqg.generation.builder import ADVICE, XqgQueryBuilder
from pyserini_xqg.generation.kept import check_kept
from pyserini_xqg.generation.query_work import QueryWork
from pyserini_xqg.generation.query_writer import QueryWriter
from pyserini_xqg.storage.finishing import GONE, held, take, take_up_whole, taken_folders
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.shards import Shard
from pyserini_xqg.storage.workspace import begun_settings, real_place, shared_folder

log = logging.getLogger("pyserini_xqg")


class ShardQueryBuilder(XqgQueryBuilder):
    """Generates shares of the queries for a corpus; parameters are those of :class:`XqgQueryBuilder`."""

    def build_shard(self, corpus: str | Path, output: str | Path, shard: Shard | None) -> Manifest | None:
        """Do one of several shares of :meth:`build`, each in a process of its own, on one machine or on several.

        Parameters
        ----------
        corpus, output
            As for :meth:`build`, on a file system that all see.
        shard : Shard or None
            None: do nothing but check what has been done, and finish it.

        Returns
        -------
        Manifest or None
            Of what stands at `output`, if no other share is left: whoever does the last one checks them all.

        Raises
        ------
        UsageError
            Without a share: not all parts are done, or another process finishes them at the same time.
        """
        output = real_place(Path(output))
        finisher = None if shard is None else shard.number
        if (whole := take_up_whole(output, finisher)) is not None:
            self._put_in_place(whole, output)
        try:
            with TemporaryDirectory() as scratch:
                begun = begun_settings(output).get("part_size")
                made = self._share(self._checked(Path(corpus), Path(scratch, "corpus"), begun), output, shard)
        except FolderLost:
            if shard is None:
                raise
            made = Manifest.read(output) if (output / MANIFEST).exists() else None
        except OSError as error:
            if error.errno not in GONE or not (output / MANIFEST).exists():
                raise
            made = Manifest.read(output)  # another process has done this share, and the last one
        if made is not None:
            check_kept(made, self.languages, made.counts["dropped"], output, ADVICE)
        return made

    def _share(self, passages: Corpus, output: Path, shard: Shard | None) -> Manifest | None:
        if taken := taken_folders(output):
            log.info("another process finishes %s; if it was killed, run its shard again, or --finish", taken[0])
            return None
        with shared_folder(output) as folder:
            work = self._work(passages, output)
            if work is None:
                return Manifest.read(output)
            writer = self._writer(folder, passages.part_count, work.asked, shared=True)
            missing = writer.parts.missing(range(0) if shard is None else shard.of(passages.part_count))
            self._write_each(writer, output, passages, work, missing)
            if left := sum(1 for _ in writer.parts.unmarked()):
                if shard is None:
                    raise UsageError(
                        f"{left} of {passages.part_count} parts are not done: run the shards that have them, or the "
                        "command without --shard and --finish"
                    )
                log.info("shard %s is done; %d of all %d parts are left to others", shard, left, passages.part_count)
                return None
            self._write_each(writer, output, passages, work, writer.parts.missing())  # that are not as they were marked
            self._count(work.manifest, writer.counts(), passages, work.earlier)
            taken_folder = take(output, 0 if shard is None else shard.number)
            with held(taken_folder, output):
                work.manifest.write(taken_folder)
                self._put_in_place(taken_folder, output)
            return work.manifest

    def _write_each(
        self, writer: QueryWriter, output: Path, passages: Corpus, work: QueryWork, numbers: Iterable[int]
    ) -> None:
        """Write parts, whoever else may be at work on them."""
        todo = list(numbers)
        total = work.todo * sum(map(passages.size_of, todo))
        with self._bar("generating", unit=" queries", total=total) as bar:
            for number, part in passages.parts(todo):
                writer.write(number, part, work.records(output, number), work.had, bar.update)
