"""FAISS indexes of any form, filled from a file of vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import InvalidInput, UsageError, XqgError
from pyserini_xqg.indexing.memory import GRAPH_ROWS_AT_ONCE, ROWS_AT_ONCE, reserve, training_rows
from pyserini_xqg.indexing.opening import graph_of

GRAPH_CONSTRUCTION_DEPTH = 100
GRAPH_SEARCH_DEPTH = 100


def make_index(factory: str, dimension: int) -> faiss.Index:
    """An empty inner-product index.

    Raises
    ------
    UsageError
        faiss does not know the factory string, or it does not fit the dimension, or the index would not rank by inner
        products.
    """
    expected = "a factory string such as Flat, HNSW32, SQfp16 or IVF1024,PQ48 is expected"
    try:
        index = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        raise UsageError(
            f"faiss cannot make an index {factory!r} for {dimension} dimensions ({_reason(error)}); {expected}"
        ) from error
    # HNSW over PQ has the L2 metric, whatever faiss is asked for.
    if index.metric_type != faiss.METRIC_INNER_PRODUCT or isinstance(index, faiss.IndexIDMap):
        raise UsageError(f"an index {factory!r} does not rank rows by inner product; {expected}")
    graph, lists = graph_of(index), faiss.try_extract_index_ivf(index)
    # With fewer than two links a node faiss has no table of levels, and the process dies when vectors are added.
    linkless = isinstance(graph, faiss.IndexHNSW) and graph.hnsw.cum_nneighbor_per_level.size() < 3
    if linkless or (lists is not None and lists.nlist == 0):
        raise UsageError(f"an index {factory!r} has too few links or lists; {expected}")
    return index


def check_depths(index: faiss.Index, nprobe: int | None, ef_search: int | None = None) -> None:
    """Whether an index can look into `nprobe` lists, or at `ef_search` nodes.

    Raises
    ------
    UsageError
        It has no lists, or no graph of that kind, or a number is less than 1.
    """
    for name, given, fits, of in (
        ("nprobe", nprobe, faiss.try_extract_index_ivf(index) is not None, "inverted lists; it goes with IVF"),
        ("ef_search", ef_search, isinstance(graph_of(index), faiss.IndexHNSW), "a graph; it goes with HNSW"),
    ):
        if given is None:
            continue
        if not fits:
            raise UsageError(f"{name} was given for an index without {of}")
        if given < 1:
            raise UsageError(f"{name} is {given}: at least 1 is expected")


def fill_index(
    index: faiss.Index,
    vectors: Vectors,
    nprobe: int | None = None,
    threads: int | None = None,
    ef_search: int | None = None,
    sample: int | None = None,
) -> None:
    """Train an index on a sample, evenly spread over the vectors, and add all of them.

    Parameters
    ----------
    index : faiss.Index
        From :func:`make_index`.
    vectors : float32 array of shape (n, d)
        May be mapped from a file; read in order, a piece at a time.
    nprobe : int or None
        Lists that an IVF index looks into; saved in it, as Pyserini has no flag. None: a sixteenth of them.
    threads : int or None
        None: one where a graph is built (its edges depend on who comes first), all otherwise.
    ef_search : int or None
        Nodes that a graph keeps in view; saved in it, too. None: 100.
    sample : int or None
        Rows to train on; None: as many as are of use.

    Raises
    ------
    InvalidInput
        There are too few vectors for this index.
    UsageError
        See :func:`check_depths`.
    """
    check_depths(index, nprobe, ef_search)
    graph = graph_of(index)
    if isinstance(graph, faiss.IndexHNSW):
        graph.hnsw.efConstruction = GRAPH_CONSTRUCTION_DEPTH
    with threads_of(index, threads):
        train(index, vectors, training_rows(index, len(vectors)) if sample is None else sample)
        reserve(index, len(vectors))
        add_rows(index, vectors)
    save_depths(index, nprobe, ef_search)


def train(index: faiss.Index, vectors: Vectors, sample: int) -> None:
    """Train an index that needs it on so many rows, evenly spread.

    Raises
    ------
    InvalidInput
        There are too few vectors for this index.
    """
    if not index.is_trained:
        with _buildable(vectors):
            size = min(len(vectors), sample)
            index.train(np.ascontiguousarray(vectors[np.arange(size) * len(vectors) // size]))


def add_rows(index: faiss.Index, vectors: Vectors, ids: npt.NDArray[np.int64] | None = None) -> None:
    """Add rows, a piece at a time, with ids of their own if there are some.

    Raises
    ------
    InvalidInput
        There are too few vectors for this index.
    """
    at_once = ROWS_AT_ONCE if graph_of(index) is None else GRAPH_ROWS_AT_ONCE
    with _buildable(vectors):
        for start in range(0, len(vectors), at_once):
            piece = np.ascontiguousarray(vectors[start : start + at_once])
            if ids is None:
                index.add(piece)
            else:
                index.add_with_ids(piece, ids[start : start + at_once])


def save_depths(index: faiss.Index, nprobe: int | None = None, ef_search: int | None = None) -> None:
    """Put into an index how many lists or nodes it looks at."""
    lists, graph = faiss.try_extract_index_ivf(index), graph_of(index)
    if isinstance(graph, faiss.IndexHNSW):
        graph.hnsw.efSearch = GRAPH_SEARCH_DEPTH if ef_search is None else ef_search
    if lists is not None:
        lists.nprobe = nprobe if nprobe is not None else max(1, lists.nlist // 16)


def write_index(index: faiss.Index, file: Path) -> None:
    """Write an index; nothing is left where that fails.

    Raises
    ------
    XqgError
        It cannot be written.
    """
    try:
        faiss.write_index(index, str(file))
    except RuntimeError as error:
        file.unlink(missing_ok=True)
        raise XqgError(
            f"{file} cannot be written ({error}); is there space? The same command goes on from the vectors"
        ) from error


@contextmanager
def threads_of(index: faiss.Index, count: int | None) -> Iterator[None]:
    """Threads that build an index; None: one where it has a graph, else all."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count if count is not None else before if graph_of(index) is None else 1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


@contextmanager
def _buildable(vectors: Vectors) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise InvalidInput(
            f"faiss cannot build this index from {len(vectors)} vectors ({_reason(error)}); choose one with fewer "
            "lists, centroids or dimensions, or Flat"
        ) from error


def _reason(error: RuntimeError) -> str:
    """What faiss says, without where in its sources it says it."""
    return re.split(r"failed: |\.cpp:\d+: ", str(error).strip().splitlines()[-1])[-1][:200]
