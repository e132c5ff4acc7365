"""Scoring of queries by processes that share a folder, as :mod:`pyserini_xqg.generation.shard_builder` has it."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from pyserini_xqg.errors import FolderLost, UsageError
from pyserini_xqg.generation.filtering.scoring import PART_SIZE, ScoringJob
from pyserini_xqg.storage.finishing import GONE, held, take, take_up_whole, taken_folders
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.parts import FileParts
from pyserini_xqg.storage.shards import Shard
from pyserini_xqg.storage.workspace import Workspace, already_made, put_in_place, shared_folder

log = logging.getLogger("pyserini_xqg")


def score_shard(
    corpus: str | Path,
    queries: str | Path,
    encoder: str | Path,
    output: str | Path,
    shard: Shard | None,
    *,
    index: str | Path | None = None,
    depth: int = 10,
    device: str | None = None,
    part_size: int = PART_SIZE,
    show_progress: bool = False,
) -> Manifest | None:
    """Do one of several shares of :func:`~pyserini_xqg.generation.filtering.scoring.score_queries`.

    Parameters
    ----------
    corpus, queries, encoder, output, index, depth, device, part_size, show_progress
        As there, on a file system that all see.
    shard : Shard or None
        None: do nothing but check what has been done, and finish it.

    Returns
    -------
    Manifest or None
        Of the scored folder, if no other share is left: whoever does the last one checks them all.

    Raises
    ------
    UsageError
        Without a share: not all parts are done, or another process finishes them at the same time.
    """
    job = ScoringJob(Path(corpus), Path(queries), encoder, Path(output), index, depth, device, part_size, show_progress)
    if (whole := take_up_whole(job.output, None if shard is None else shard.number)) is not None:
        put_in_place(job.output, whole)
    try:
        return _share(job, shard)
    except FolderLost:
        if shard is None:
            raise
        return Manifest.read(job.output) if (job.output / MANIFEST).exists() else None
    except OSError as error:
        if error.errno not in GONE or not (job.output / MANIFEST).exists():
            raise
        return Manifest.read(job.output)  # another process has done this share, and the last one


def _share(job: ScoringJob, shard: Shard | None) -> Manifest | None:
    with TemporaryDirectory() as scratch, job.begun(Path(scratch)) as begun:
        if already_made(job.output, begun.identity):
            return Manifest.read(job.output)
        if taken := taken_folders(job.output):
            log.info("another process finishes %s; if it was killed, run its shard again, or --finish", taken[0])
            return None
        with shared_folder(job.output) as folder:
            workspace = Workspace(job.output, begun.identity)
            workspace.record()
            total = begun.part_count
            done = FileParts(folder, "part", total, shared=True)
            begun.write(done, done.missing(range(0) if shard is None else shard.of(total)))
            if left := sum(1 for _ in done.unmarked()):
                if shard is None:
                    raise UsageError(
                        f"{left} of {total} parts are not done: run the shards that have them, or the command without "
                        "--shard and --finish"
                    )
                log.info("shard %s is done; %d of all %d parts are left to others", shard, left, total)
                return None
            begun.write(done, done.missing())  # those that are not what their markers say
            manifest = begun.manifest()
            workspace.folder = take(job.output, 0 if shard is None else shard.number)
            with held(workspace.folder, job.output):
                workspace.finish(manifest)
            return manifest
