"""The form that the vectors of an index get at the end: chosen and held against the memory first, then filled."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.choosing import AUTO, choose_form, measure_recall
from pyserini_xqg.indexing.faiss_index import check_depths, fill_index, make_index, write_index
from pyserini_xqg.indexing.flat_file import read_flat
from pyserini_xqg.indexing.memory import BuildMemory, memory_to_build, process_bytes
from pyserini_xqg.indexing.on_disk import build_on_disk, write_beside_lists
from pyserini_xqg.indexing.opening import LISTS, open_index
from pyserini_xqg.indexing.settings import IndexSettings
from pyserini_xqg.indexing.sizes import bytes_of, said_bytes

FLAT = "Flat"
TAKEN_STEP = 2**27

log = logging.getLogger("pyserini_xqg")


class IndexForm:
    """The form of an index.

    Parameters
    ----------
    settings : IndexSettings
    dimension, rows : int

    Raises
    ------
    UsageError
        faiss has no such form, or it looks into no lists or nodes, and is to.
    """

    def __init__(self, settings: IndexSettings, dimension: int, rows: int):
        self._settings, self._dimension, self._rows = settings, dimension, rows
        self._limit = None if settings.max_memory is None else bytes_of("max_memory", settings.max_memory)
        self._factory = settings.factory
        self._memory: BuildMemory | None = None
        self._settled = False
        if self._factory != AUTO:
            check_depths(make_index(self._factory, dimension), settings.nprobe, settings.ef_search)

    def settle(self) -> None:
        """Choose the form, if that is asked for, and hold what it takes against the memory that it may take.

        Raises
        ------
        UsageError
            It takes more, or a number of lists or nodes was given for what has none.
        """
        self._settled = True
        taken = process_bytes()
        if self._factory == AUTO:
            assert self._limit is not None
            # Rounded up, so that a run that goes on chooses the same.
            rounded = -(-taken // TAKEN_STEP) * TAKEN_STEP
            self._factory = choose_form(self._rows, self._dimension, self._limit, rounded)
            log.info(
                "auto chose %s for %s vectors of %s dimensions and %s of memory",
                *(self._factory, f"{self._rows:,}", self._dimension, self._settings.max_memory),
            )
        index = make_index(self._factory, self._dimension)
        check_depths(index, self._settings.nprobe, self._settings.ef_search)
        if self._factory == FLAT:
            return
        try:
            self._memory = memory_to_build(index, self._rows, self._limit)
        except UsageError:
            if self._limit is not None:
                raise
            return  # it is not known, and nobody asked
        needs = (
            f"an index {self._factory} of {self._rows:,} vectors of {self._dimension} dimensions takes "
            f"{said_bytes(self._memory.most)} of memory to make (training {said_bytes(self._memory.training)}, filling "
            f"{said_bytes(self._memory.filling)}) beside the {said_bytes(taken)} that this process has"
        )
        if self._limit is not None and taken + self._memory.most > self._limit:
            raise UsageError(
                f"{needs}, and max_memory is {self._settings.max_memory}; a larger one, a smaller form or auto is "
                "expected"
            )
        log.info("%s", needs)

    def fill(self, file: Path) -> dict[str, Any]:
        """Write ``index`` beside the file of all vectors, which is the index itself if it is flat; what is worth
        telling of it.

        Lists that stay on disk are written, too, as ``ivfdata``.

        Raises
        ------
        XqgError
            See :func:`~pyserini_xqg.indexing.faiss_index.fill_index` and :mod:`pyserini_xqg.indexing.on_disk`.
        """
        if not self._settled:
            self.settle()
        folder, asked, memory = file.parent, self._settings, self._memory
        for earlier in ("index", LISTS):  # of a form that was given up
            (folder / earlier).unlink(missing_ok=True)
        if self._factory == FLAT:
            return {"auto": {"factory": FLAT, "recall": 1.0}} if asked.factory == AUTO else {}
        index, vectors = make_index(self._factory, self._dimension), read_flat(file)
        if memory is not None and memory.part_rows is not None:
            build_on_disk(index, self._factory, vectors, folder, memory, asked.nprobe, asked.threads)
        else:
            sample = None if memory is None else memory.training_rows
            fill_index(index, vectors, asked.nprobe, asked.threads, asked.ef_search, sample)
            write_index(index, folder / "index")
        del index
        return {"auto": self._measured(vectors, folder)} if asked.factory == AUTO else {}

    def _measured(self, vectors: Vectors, folder: Path) -> dict[str, Any]:
        """What ``auto`` chose, and what that finds; its number of lists is put into the index."""
        index = open_index(folder / "index")
        found = measure_recall(index, vectors, self._settings.nprobe)
        log.info(
            "%s%s finds %.1f %% of the 100 best rows of a flat index (asked with %d passages; questions may differ)",
            self._factory,
            "" if found.nprobe is None else f" with nprobe {found.nprobe}",
            *(100 * found.recall, found.questions),
        )
        if found.nprobe is not None:
            write_beside_lists(index, folder)
        return {"factory": self._factory, **asdict(found)}
