"""Inverted lists that are larger than memory: encoded part by part, and merged into a file beside the index.

The index file names the other one without a folder, so that both can be moved. A run that was stopped goes on with the
parts that are not done.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np
from faiss.contrib.ondisk import merge_ondisk

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import XqgError
from pyserini_xqg.indexing.faiss_index import add_rows, save_depths, threads_of, train, write_index
from pyserini_xqg.indexing.memory import BuildMemory
from pyserini_xqg.indexing.opening import LISTS, lists_of
from pyserini_xqg.indexing.sizes import said_bytes
from pyserini_xqg.storage.files import free_bytes, sync
from pyserini_xqg.storage.parts import FileParts

WORK = "lists"


def build_on_disk(
    index: faiss.Index,
    factory: str,
    vectors: Vectors,
    folder: Path,
    memory: BuildMemory,
    nprobe: int | None = None,
    threads: int | None = None,
) -> None:
    """Write an index of inverted lists, and beside it the file with the lists.

    Parameters
    ----------
    index : faiss.Index
        Empty, with inverted lists.
    factory : str
        What it was made of: parts of another form are not taken for parts of this one.
    vectors : float32 array of shape (n, d)
        Mapped from a file.
    folder : Path
        Gets ``index`` and ``ivfdata``; the parts stand in ``lists/`` in it, until :func:`forget_parts`.
    memory : BuildMemory
        Says how many rows to train on, and how many make a part.
    nprobe, threads : int or None
        See :func:`pyserini_xqg.indexing.faiss_index.fill_index`.

    Raises
    ------
    InvalidInput
        There are too few vectors for this index.
    XqgError
        The disk has not the space.
    """
    assert memory.part_rows is not None
    rows, size = len(vectors), memory.part_rows
    made_of = json.dumps([factory, faiss.__version__, index.d, rows, size, memory.training_rows])
    work = folder / WORK / hashlib.sha256(made_of.encode()).hexdigest()[:16]
    for other in (folder / WORK).glob("*"):
        if other != work:
            shutil.rmtree(other, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    total = rows * (faiss.extract_index_ivf(index).code_size + 8)
    with threads_of(index, threads):
        trained = _trained(index, vectors, work / "trained", memory)
        parts = FileParts(work, "part", -(-rows // size), ".index")
        for number in list(parts.missing()):
            _check_space(folder, total + min(size, rows) * total // max(1, rows))
            start = number * size
            part = vectors[start : start + size]
            add_rows(trained, part, np.arange(start, start + len(part)))
            _write(trained, parts.file(number))
            parts.mark(number)
            trained.reset()
        _check_space(folder, total)
        # The parts' own lists are mapped, and those that are made: nothing of them is in memory.
        with _printed_as_errors():
            merge_ondisk(trained, [str(parts.file(number)) for number in range(parts.total)], str(folder / LISTS))
        save_depths(trained, nprobe)
        write_beside_lists(trained, folder)


def write_beside_lists(index: faiss.Index, folder: Path) -> None:
    """Write an index whose lists are in a file of `folder`, which it names without the folder."""
    lists_of(faiss.extract_index_ivf(index)).filename = LISTS
    _write(index, folder / "index")


def forget_parts(folder: Path) -> None:
    """Remove the parts of lists that are merged."""
    shutil.rmtree(folder / WORK, ignore_errors=True)


def _trained(index: faiss.Index, vectors: Vectors, file: Path, memory: BuildMemory) -> faiss.Index:
    if not file.exists():
        train(index, vectors, memory.training_rows)
        _write(index, file)
    return faiss.read_index(str(file))


def _write(index: faiss.Index, file: Path) -> None:
    """Write an index, whole or not at all."""
    temporary = file.with_name(file.name + ".tmp")
    write_index(index, temporary)
    sync(temporary)
    temporary.replace(file)


@contextmanager
def _printed_as_errors() -> Iterator[None]:
    """Faiss says what it does on standard output, which is for results."""
    sys.stdout.flush()
    output = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # C has a buffer of its own
        os.dup2(output, 1)
        os.close(output)


def _check_space(folder: Path, needed: int) -> None:
    # A mapped file that finds no space on the disk ends the process.
    if (free := free_bytes(folder)) < needed:
        raise XqgError(
            f"the inverted lists need {said_bytes(needed)} more and {folder} has {said_bytes(free)} free; free some "
            "space, the same command goes on from the vectors"
        )
