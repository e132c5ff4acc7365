"""Memory that an index takes while it is built: what each form keeps, what training takes, and whether that fits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.opening import graph_of, lists_of

# Rows that are added at once; as a graph's edges depend on them, a graph keeps to what it always had.
ROWS_AT_ONCE, GRAPH_ROWS_AT_ONCE = 4096, 65536
TRAINING_ROWS = 100_000
TRAINING_ROWS_PER_LIST = 64
LEAST_ROWS_PER_LIST = 39  # fewer are too few for faiss's k-means
# Of what faiss trains residuals on, and its optimised rotations (OPQ): how many rows at most, and how many copies.
RESIDUAL_ROWS, RESIDUAL_COPIES = 100_000, 1.25
ROTATION_ROWS, ROTATION_COPIES = 65536, 5
MARGIN = 1.1
# A vector that grows is copied into one of twice the size.
GROWTH = 3
PART_SHARE = 16


def process_bytes() -> int:
    """What this process has in memory now, files that it maps left out."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"^RssAnon:\s*(\d+) kB", status, re.MULTILINE)
    return 0 if found is None else 1024 * int(found[1])


@dataclass(frozen=True)
class BuildMemory:
    """Memory that building an index takes, in bytes.

    Attributes
    ----------
    training_rows : int
        The sample to train on: as large as is of use, and as fits into half of the limit.
    training : int
    filling : int
        What is in memory when the last rows are added: the index itself, or, where lists are kept on disk, a part.
    part_rows : int or None
        How many rows are encoded before their lists go to disk; None where the whole index is in memory.
    """

    training_rows: int
    training: int
    filling: int
    part_rows: int | None

    @property
    def most(self) -> int:
        """The larger of the two."""
        return max(self.training, self.filling)


def memory_to_build(index: faiss.Index, rows: int, limit: int | None = None) -> BuildMemory:
    """What building an index takes.

    Parameters
    ----------
    index : faiss.Index
        Empty.
    rows : int
        It is to hold.
    limit : int or None
        Bytes that the process may take; with one, lists are kept on disk.

    Raises
    ------
    UsageError
        It is not known for this form, or an index of this form with lists cannot be kept on disk.
    """
    lists = faiss.try_extract_index_ivf(index)
    nlist = 0 if lists is None else lists.nlist
    row = 4 * max(index.d, _inner(index).d)
    sample = training_rows(index, rows)
    if limit is not None and not index.is_trained:
        least = min(rows, max(LEAST_ROWS_PER_LIST * nlist, 10_000))
        while sample > least and _training_bytes(index, sample) > limit // 2:
            sample = max(least, sample * 3 // 4)
    to_train = 0 if index.is_trained else _training_bytes(index, sample)
    piece = (GRAPH_ROWS_AT_ONCE if graph_of(index) is not None else ROWS_AT_ONCE) * _row_while_encoded(index)
    if lists is None or limit is None:
        return BuildMemory(sample, to_train, kept_bytes(index, rows) + piece, None)
    _check_on_disk(index, lists)
    part_rows = max(ROWS_AT_ONCE, limit // PART_SHARE // (GROWTH * (lists.code_size + 8)))
    part_rows = min(rows, part_rows)
    parts = -(-rows // max(1, part_rows))
    # Twice the centroids: of the index, and of the part that is read; places of all parts' lists while they are merged.
    centroids = 2 * nlist * (row + 300)
    part = GROWTH * part_rows * (lists.code_size + 8) + nlist * 64
    return BuildMemory(sample, to_train, centroids + max(part + piece, parts * nlist * 32), part_rows)


def training_rows(index: faiss.Index, rows: int) -> int:
    """How many rows an index is trained on."""
    lists = faiss.try_extract_index_ivf(index)
    return min(rows, TRAINING_ROWS if lists is None else max(TRAINING_ROWS, TRAINING_ROWS_PER_LIST * lists.nlist))


def _training_bytes(index: faiss.Index, sample: int) -> int:
    inner, lists = _inner(index), faiss.try_extract_index_ivf(index)
    row = 4 * max(index.d, inner.d)
    size = 4 * index.d * sample
    if isinstance(index, faiss.IndexPreTransform):
        size += 4 * inner.d * sample
        chain: Any = index.chain
        transforms = (faiss.downcast_VectorTransform(chain.at(number)) for number in range(chain.size()))
        if any(isinstance(each, faiss.OPQMatrix) for each in transforms):
            size += ROTATION_COPIES * row * min(sample, ROTATION_ROWS)
    if lists is not None:
        size += int(RESIDUAL_COPIES * row * min(sample, RESIDUAL_ROWS)) + 3 * lists.nlist * row
    if (quantizer := getattr(inner, "pq", None)) is not None:
        size += 2 * 4 * quantizer.dsub * sample
    return int(MARGIN * size)


def kept_bytes(index: faiss.Index, rows: int) -> int:
    """What so many vectors take in an index, in memory; an index that grows as they come takes a little more.

    Raises
    ------
    UsageError
        It is not known for this form.
    """
    if isinstance(index, faiss.IndexPreTransform):
        return kept_bytes(_inner(index), rows)
    if isinstance(index, faiss.IndexRefine):
        parts = (faiss.downcast_index(each) for each in (index.base_index, index.refine_index))
        return sum(kept_bytes(each, rows) for each in parts)
    if isinstance(index, faiss.IndexHNSW):
        # Links; where they are, and levels, which grow; locks.
        per_row = 4 * _links(index) + GROWTH * 12 + 8
        return kept_bytes(faiss.downcast_index(index.storage), rows) + int(rows * per_row)
    if isinstance(index, faiss.IndexIVF):
        return GROWTH * rows * (index.code_size + 8) + index.nlist * (4 * index.d + 64)
    codes: Any = index
    if isinstance(index, faiss.IndexFastScan):
        return GROWTH * rows * int(codes.code_size)
    if isinstance(index, faiss.IndexFlatCodes):
        return rows * int(codes.code_size)
    raise UsageError(
        f"what an index of the kind {type(index).__name__} takes in memory is not known here; leave max_memory out, or "
        "choose Flat, SQ, PQ, HNSW or IVF"
    )


def reserve(index: faiss.Index, rows: int) -> None:
    """Take the memory for so many vectors at once, where an index would grow and be copied; it stays empty."""
    if isinstance(index, faiss.IndexPreTransform):
        reserve(_inner(index), rows)
    elif isinstance(index, faiss.IndexRefine):
        for each in (index.base_index, index.refine_index):
            reserve(faiss.downcast_index(each), rows)
    elif isinstance(index, faiss.IndexHNSW):
        reserve(faiss.downcast_index(index.storage), rows)
        graph: Any = index.hnsw
        graph.neighbors.resize(int(rows * _links(index)))
        graph.neighbors.resize(0)
    elif isinstance(index, faiss.IndexFlatCodes) and not isinstance(index, faiss.IndexFastScan):
        index.codes.resize(rows * index.code_size)
        index.codes.resize(0)


def _inner(index: faiss.Index) -> faiss.Index:
    """What stands behind the transforms of vectors."""
    return faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index


def _links(index: faiss.IndexHNSW) -> float:
    """How many links a node has place for, on average, with a little room: 2 M on the lowest level, and of the nodes
    one in M has M on the next.
    """
    lowest: int = index.hnsw.cum_nneighbor_per_level.at(1)
    return lowest * (1.03 + 1 / (lowest - 2))


def _row_while_encoded(index: faiss.Index) -> int:
    """What a row takes while it is added, over what is kept of it."""
    inner = _inner(index)
    copies = 4 * (inner.d + index.d) if inner is not index else 0
    quantizer = getattr(inner, "pq", None)
    if quantizer is not None and quantizer.dsub >= 16:  # faiss makes a table of distances
        copies += 4 * quantizer.ksub * quantizer.M
    return copies + (4 * inner.d if isinstance(inner, faiss.IndexIVF) else 0)


def _check_on_disk(index: faiss.Index, lists: faiss.IndexIVF) -> None:
    if isinstance(index, faiss.IndexRefine) or not isinstance(lists_of(lists), faiss.ArrayInvertedLists):
        raise UsageError(
            f"an index of the kind {type(index).__name__} with {type(lists).__name__} cannot have its lists on disk, "
            "where max_memory puts them; leave it out, or choose IVF with Flat, SQ8 or PQ, as in IVF1024,PQ48"
        )
