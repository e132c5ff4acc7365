"""FAISS indexes of any form, filled from a file of vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faiss
import numpy as np

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import InvalidInput, UsageError, XqgError
from pyserini_xqg.indexing.opening import graph_of

ADD_ROWS = 65536
TRAINING_ROWS = 100_000
TRAINING_ROWS_PER_LIST = 64
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


def check_nprobe(index: faiss.Index, nprobe: int | None) -> None:
    """Whether an index can look into `nprobe` lists.

    Raises
    ------
    UsageError
        It has no lists, or `nprobe` is less than 1.
    """
    if nprobe is None:
        return
    if faiss.try_extract_index_ivf(index) is None:
        raise UsageError("nprobe was given for an index without inverted lists; it goes with IVF")
    if nprobe < 1:
        raise UsageError(f"nprobe is {nprobe}: at least 1 is expected")


def fill_index(index: faiss.Index, vectors: Vectors, nprobe: int | None = None, threads: int | None = None) -> None:
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

    Raises
    ------
    InvalidInput
        There are too few vectors for this index.
    UsageError
        See :func:`check_nprobe`.
    """
    check_nprobe(index, nprobe)
    lists, graph = faiss.try_extract_index_ivf(index), graph_of(index)
    if isinstance(graph, faiss.IndexHNSW):
        graph.hnsw.efConstruction = GRAPH_CONSTRUCTION_DEPTH
        graph.hnsw.efSearch = GRAPH_SEARCH_DEPTH
    with _threads(threads if threads is not None else 1 if graph is not None else faiss.omp_get_max_threads()):
        try:
            if not index.is_trained:
                wanted = TRAINING_ROWS if lists is None else max(TRAINING_ROWS, TRAINING_ROWS_PER_LIST * lists.nlist)
                size = min(len(vectors), wanted)
                index.train(np.ascontiguousarray(vectors[np.arange(size) * len(vectors) // size]))
            for start in range(0, len(vectors), ADD_ROWS):
                index.add(np.ascontiguousarray(vectors[start : start + ADD_ROWS]))
        except RuntimeError as error:
            raise InvalidInput(
                f"faiss cannot build this index from {len(vectors)} vectors ({_reason(error)}); choose one with fewer "
                "lists, centroids or dimensions, or Flat"
            ) from error
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
def _threads(count: int) -> Iterator[None]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _reason(error: RuntimeError) -> str:
    """What faiss says, without where in its sources it says it."""
    return re.split(r"failed: |\.cpp:\d+: ", str(error).strip().splitlines()[-1])[-1][:200]
