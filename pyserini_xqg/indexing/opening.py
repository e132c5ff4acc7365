"""Opening of index files: mapped into memory rather than read, with the search depth that was asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import faiss

from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.storage.manifest import MANIFEST, Manifest

# Inverted lists that are too many for memory, in a file beside the index.
LISTS = "ivfdata"
MAPPED = "PYSERINI_XQG_MMAP"
# Settings of an index to the variables that stand above them.
DEPTHS = {"nprobe": "PYSERINI_XQG_NPROBE", "ef_search": "PYSERINI_XQG_EF_SEARCH"}


def open_index(file: Path) -> faiss.Index:
    """An index for searching: its vectors stay on disk, and are read when a search comes to them.

    Lists and nodes to look into are those of ``PYSERINI_XQG_NPROBE`` and ``PYSERINI_XQG_EF_SEARCH``, else of the
    manifest beside the file, else what the file itself says; an index that has none does without. With
    ``PYSERINI_XQG_MMAP=0`` the file is read into memory, but for lists that it has beside it.

    Raises
    ------
    RuntimeError
        faiss cannot read it.
    UsageError
        A variable is no whole number above 0.
    """
    index = _with_lists_beside(file) if (file.parent / LISTS).is_file() else None
    if index is None:
        index = faiss.read_index(str(file), 0 if os.environ.get(MAPPED) == "0" else faiss.IO_FLAG_MMAP_IFC)
    lists = faiss.try_extract_index_ivf(index)
    depths = _depths(file.parent)
    if lists is not None and "nprobe" in depths:
        lists.nprobe = depths["nprobe"]
    graph = graph_of(index)
    if isinstance(graph, faiss.IndexHNSW) and "ef_search" in depths:
        graph.hnsw.efSearch = depths["ef_search"]
    return index


def graph_of(index: faiss.Index) -> faiss.IndexHNSW | faiss.IndexNSG | None:
    """The graph that an index is, or has inside."""
    while isinstance(index, faiss.IndexPreTransform | faiss.IndexRefine):
        index = faiss.downcast_index(index.index if isinstance(index, faiss.IndexPreTransform) else index.base_index)
    return index if isinstance(index, faiss.IndexHNSW | faiss.IndexNSG) else None


def lists_of(index: faiss.IndexIVF) -> Any:
    """The inverted lists of an index, as the kind of lists that they are."""
    lists: Any = index.invlists
    return faiss.downcast_InvertedLists(lists)


def _with_lists_beside(file: Path) -> faiss.Index | None:
    """An index with its lists in the file beside it; None if it has its own.

    By itself faiss looks for the lists where the process is, opens them for writing, and maps a file that was cut. With
    ``IO_FLAG_ONDISK_SAME_DIR`` it looks beside the index, and says so on standard output.
    """
    try:
        index = faiss.read_index(str(file), faiss.IO_FLAG_READ_ONLY | faiss.IO_FLAG_SKIP_IVF_DATA)
    except RuntimeError:  # faiss skips no lists that are in the file itself
        return None
    inside = faiss.try_extract_index_ivf(index)
    lists = None if inside is None else lists_of(inside)
    if not isinstance(lists, faiss.OnDiskInvertedLists):
        return None
    beside = file.parent / LISTS
    if (size := beside.stat().st_size) < lists.totsize:
        raise RuntimeError(f"{beside} has {size} bytes; {lists.totsize} are expected")
    lists.filename = str(beside)
    lists.do_mmap()
    return index


def _depths(folder: Path) -> dict[str, int]:
    said: Mapping[str, Any] = {}
    if (folder / MANIFEST).is_file():
        with suppress(XqgError):  # a search of vectors needs no manifest
            said = Manifest.read(folder).settings.get("index", {})
    found = {name: said[name] for name in DEPTHS if isinstance(said, dict) and isinstance(said.get(name), int)}
    for name, variable in DEPTHS.items():
        if text := os.environ.get(variable):
            if not text.isascii() or not text.isdigit() or int(text) < 1:
                raise UsageError(f"{variable} is {text!r}: a whole number, at least 1, is expected")
            found[name] = int(text)
    return found
