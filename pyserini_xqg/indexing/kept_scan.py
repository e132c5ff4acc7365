"""Scan of a build's inputs, kept in the working folder, so that a build that goes on does not read them again.

What is kept: the ids of passages and the places of their queries (an SQLite file), where each part of the corpus
starts, and the hashes that every part, and every record of queries, is held against when it is read. It counts as long
as settings and stamps (:mod:`pyserini_xqg.storage.stamps`) are the same. Where a stamp is deceived, the hashes are not:
the build stops at the part that has changed, and the next one scans anew.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyserini_xqg
from pyserini_xqg.collection.query_counts import QueryCounts
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import InputChanged, MissingInput
from pyserini_xqg.indexing.passage_source import PassageSource
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.files import sync, write_atomically
from pyserini_xqg.storage.jsonl import jsonl_files
from pyserini_xqg.storage.manifest import as_json
from pyserini_xqg.storage.stamps import stamps_of

FILE, DOCIDS, SCRATCH = "scan.json", "docid", "scan-"


class KeptScan:
    """The scan of a build's inputs: that of the run before, or a new one.

    Parameters
    ----------
    folder : Path
        Where the work is done.
    source : PassageSource
        Not scanned yet.
    queries : Path or None
    asked : AugmentationSettings
    verify : bool
        Whether all input is read again, whatever was kept.

    Raises
    ------
    MissingInput
        An input is not there.
    """

    def __init__(
        self,
        folder: Path,
        source: PassageSource,
        queries: Path | None,
        asked: AugmentationSettings,
        verify: bool = False,
    ):
        self._folder, self._source, self._queries = folder, source, queries
        self._chosen = asked.languages, asked.num_queries, asked.control == "shuffled"
        # Before anything is read: what changes while it is read has another stamp afterwards.
        inputs = [source.files(), [] if queries is None else jsonl_files(queries)]
        self._of = as_json(
            {
                "version": pyserini_xqg.__version__,
                "source": source.kind,
                "part_size": source.part_size,
                "chosen": list(self._chosen),
                "inputs": [stamps_of(files) for files in inputs],
            }
        )
        self._kept = None if verify else self._read()

    @property
    def is_kept(self) -> bool:
        """Whether it is there, of the same inputs and settings."""
        return self._kept is not None

    def lookup(self) -> QueryLookup:
        """The lookup, filled with what was kept, or empty; what was kept of another scan goes."""
        if self._kept is None:
            forget_scan(self._folder)
        return QueryLookup(self._folder, None if self._kept is None else (self._kept["lookup"], self._queries))

    def run(self, lookup: QueryLookup, on_passage: Callable[[], object]) -> QueryCounts:
        """Take what was kept, or scan everything: then `source` and `lookup` can be used.

        Raises
        ------
        InvalidInput
            An input is wrong.
        """
        if self._kept is not None:
            self._source.restore(self._kept["passages"])
            return QueryCounts.from_dict(self._kept["queries"], self._queries)
        self._source.scan(lookup, self._folder / DOCIDS, on_passage)
        return QueryCounts() if self._queries is None else lookup.add_queries(self._queries, *self._chosen)

    def keep(self, lookup: QueryLookup, counts: QueryCounts) -> None:
        """Keep a scan for a later run; what :meth:`run` took stays kept."""
        if self._kept is None:
            found = lookup.keep()
            values = {"passages": self._source.scanned(), "lookup": found, "queries": counts.as_dict()}
            files = [self._folder / DOCIDS, *lookup.files]
            names = [file.name for file in files]
            kept = {"of": self._of, **values, "files": names, "stamps": stamps_of(files)}
            write_atomically(self._folder / FILE, json.dumps(kept) + "\n")

    @contextmanager
    def forgotten_if_changed(self) -> Iterator[None]:
        """Within it, what was kept goes where an input turns out to have changed, stamp or not."""
        try:
            yield
        except InputChanged:
            forget_scan(self._folder)
            raise

    def _read(self) -> dict[str, Any] | None:
        """What was kept, if it is whole and of the same inputs and settings."""
        try:
            kept: dict[str, Any] = json.loads((self._folder / FILE).read_text(encoding="utf-8"))
            same = kept["of"] == self._of
            is_whole = same and kept["stamps"] == stamps_of(self._folder / name for name in kept["files"])
        except (OSError, ValueError, KeyError, TypeError, MissingInput):
            return None
        return kept if is_whole else None


def forget_scan(folder: Path) -> None:
    """Take away what was kept in a working folder."""
    for file in (folder / FILE, *QueryLookup.files_in(folder)):
        file.unlink(missing_ok=True)
    for left in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def scratch_scan(folder: Path) -> Iterator[Path]:
    """A folder in a working folder to scan in, for processes that may do so at once; see :func:`publish_scan`."""
    with TemporaryDirectory(dir=folder, prefix=SCRATCH, ignore_cleanup_errors=True) as scratch:
        yield Path(scratch)


def publish_scan(scratch: Path, folder: Path) -> None:
    """Put what was kept in a scratch folder into the working folder, for all processes that share it.

    Where two do so, what they have kept is the same.
    """
    for file in sorted(scratch.iterdir(), key=lambda each: each.name == FILE):  # it says that the others are there
        file.replace(folder / file.name)
    sync(folder)
