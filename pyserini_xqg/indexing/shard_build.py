"""Build of an index by several processes that share a folder, and neither locks nor messages.

The first one scans the inputs in a folder of its own and renames what it found into the working folder; the others wait
for that. Each then makes the parts of its share and puts their rows where they belong; a part that two have made is the
same twice. Whoever finds a marker of every part holds them against what is on disk, takes the folder
(:mod:`pyserini_xqg.storage.finishing`) and puts the index in its place.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

from pyserini_xqg.errors import FolderLost, UsageError
from pyserini_xqg.indexing.build import BuildPlan
from pyserini_xqg.indexing.kept_scan import FILE, KeptScan, publish_scan, scratch_scan
from pyserini_xqg.storage.finishing import GONE, held, take, take_up, taken_folders
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.shards import Shard
from pyserini_xqg.storage.workspace import Workspace, check_place, partial_folder, put_in_place, shared_folder

POLL_SECONDS = 1.0
# Who finishes without a share.
NOBODY = 0

log = logging.getLogger("pyserini_xqg")


def build_shard(plan: BuildPlan, shard: Shard) -> Manifest | None:
    """Do a share of a build, and finish it if no other share is left.

    Parameters
    ----------
    plan : BuildPlan
    shard : Shard

    Returns
    -------
    Manifest or None
        Of the finished index; None where other processes are still at work on it.
    """
    try:
        if _is_over(plan, shard.number):
            return _finished(plan)
        with shared_folder(plan.output) as folder:
            if shard.number == 1:
                _publish_scan(plan, folder)
            if (scan := _awaited_scan(plan, folder, shard)) is None:
                return _finished(plan)
            with plan.begun(folder, scan) as build:
                workspace = build.made.workspace()
                build.prepare(workspace)
                files = build.files()
                build.encode(workspace, files, shard.of(files.parts.total))
                if left := sum(1 for _ in files.parts.unmarked()):
                    log.info("shard %s is done; %d of all %d parts are left to others", shard, left, files.parts.total)
                    return None
                build.encode(workspace, files)  # those that are not what their markers say
                manifest = build.manifest(workspace, files)
            return _put_in_place(plan, workspace, manifest, shard.number)
    except FolderLost:
        return _finished(plan)
    except OSError as error:
        if error.errno not in GONE or not _is_over(plan):
            raise
        return _finished(plan)  # another process has done the last share, or this one


def prepare_build(plan: BuildPlan, verify: bool = False) -> None:
    """Do what all shares need before their first part, unless that is done; with `verify` all inputs are read again."""
    if _is_over(plan):
        _finished(plan)
        return
    with shared_folder(plan.output) as folder:
        _publish_scan(plan, folder, verify)


def finish_build(plan: BuildPlan) -> Manifest:
    """Check all parts of a build, and put the index in its place.

    Raises
    ------
    UsageError
        Not all parts are done, or another process finishes them at the same time.
    """
    take_up(plan.output)
    if _is_over(plan, NOBODY) and (found := _finished(plan)) is not None:
        return found
    with shared_folder(plan.output) as folder:
        scan = plan.kept_scan(folder)
        if not scan.is_kept:
            raise UsageError(
                f"{plan.output} has no shards to finish, or they are of other inputs; run the command without --finish"
            )
        with plan.begun(folder, scan) as build:
            workspace = build.made.workspace()
            files = build.files()
            if left := list(files.parts.missing()):
                raise UsageError(
                    f"{len(left)} of {files.parts.total} parts are not done, the first one is number {left[0]}: run "
                    "the shards that have them, or the command without --shard and --finish, which does them all"
                )
            manifest = build.manifest(workspace, files)
        return _put_in_place(plan, workspace, manifest, NOBODY)


def _publish_scan(plan: BuildPlan, folder: Path, verify: bool = False) -> None:
    """Scan the inputs and compute what all shares need, unless that is there."""
    if not plan.kept_scan(folder, verify).is_kept:
        with scratch_scan(folder) as scratch:
            with plan.begun(scratch, plan.kept_scan(scratch)) as build:
                build.prepare(build.made.workspace())
            publish_scan(scratch, folder)


def _awaited_scan(plan: BuildPlan, folder: Path, shard: Shard) -> KeptScan | None:
    """The scan, once it is there; None where there is nothing to be done any more."""
    told = False
    while True:
        if _is_over(plan):
            return None
        if (folder / FILE).exists() and (scan := plan.kept_scan(folder)).is_kept:
            return scan
        if not told:
            log.info("waiting for shard 1/%d, which checks the inputs", shard.total)
            told = True
        time.sleep(POLL_SECONDS)


def _put_in_place(plan: BuildPlan, workspace: Workspace, manifest: Manifest, finisher: int) -> Manifest:
    workspace.folder = take(plan.output, finisher)
    made = plan.index_folder(workspace.folder, manifest.inputs, manifest.counts["passages"])
    with held(workspace.folder, plan.output):
        made.fill()
        manifest.details |= made.manifest.details
        workspace.finish(manifest, made.settle)
    return manifest


def _is_over(plan: BuildPlan, finisher: int | None = None) -> bool:
    """Whether the index is there, or another process is about to put it there; what `finisher` had begun to put there
    is put there.
    """
    check_place(plan.output)
    if finisher is not None:
        take_up(plan.output, finisher)
        if ((folder := partial_folder(plan.output)) / MANIFEST).exists():  # whole but for the last steps
            plan.index_folder(folder, {}).same_settings(Manifest.read(folder))
            taken = take(plan.output, finisher)
            plan.index_folder(taken, {}).settle()
            put_in_place(plan.output, taken)
    return (plan.output / MANIFEST).exists() or bool(taken_folders(plan.output))


def _finished(plan: BuildPlan) -> Manifest | None:
    """The manifest of what is there; None where another process is about to put it there."""
    if not (plan.output / MANIFEST).exists():
        for taken in taken_folders(plan.output):
            log.info(
                "another process puts the index in its place, from %s; if it was killed, run its shard again, or the "
                "command with --finish",
                taken,
            )
        return None
    there = Manifest.read(plan.output)
    plan.index_folder(plan.output, {}).same_settings(there)
    log.info("%s is there already, made with the same settings; its inputs were not read again", plan.output)
    return there
