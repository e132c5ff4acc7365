"""``auto``: the form of an index by the memory that there is, and what it finds of what a flat one finds.

The form is the first that fits, in the order of autofaiss (Criteo, 2021): a graph, then inverted lists with vectors
that are whole, of 8 bits a dimension, and product-quantized, the larger codes first. Where nothing fits it is a flat
index, which is mapped from its file.
"""

# faiss says that it is typed, and its contributions are not.
# mypy: allow-untyped-calls

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np
from faiss.contrib.exhaustive_search import knn_ground_truth

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.indexing.faiss_index import make_index
from pyserini_xqg.indexing.memory import LEAST_ROWS_PER_LIST, kept_bytes, memory_to_build

AUTO = "auto"
FLAT_ROWS, QUANTIZED_ROWS, WHOLE_ROWS = 1000, 10_000, 1_000_000
LINKS = (32, 16, 8)
CODES = (256, 128, 64, 48, 32, 24, 16, 8, 4)
MOST_LISTS, GRAPH_LISTS = 65536, 16384
QUESTIONS, DEPTH = 256, 100
BLOCK_ROWS = 16384
# Of the recall with four times as many lists as are looked into at most, what may be lost for speed.
LOSS = 0.02


@dataclass(frozen=True)
class Recall:
    """What an index finds.

    Attributes
    ----------
    recall : float
        The share of the :data:`DEPTH` best rows of a flat index that are among as many of this one, 0 to 1.
    questions : int
        How many rows were asked for the others.
    nprobe : int or None
        Lists that were looked into.
    """

    recall: float
    questions: int
    nprobe: int | None


def choose_form(rows: int, dimension: int, limit: int, taken: int = 0) -> str:
    """A faiss factory string.

    Parameters
    ----------
    rows, dimension : int
    limit : int
        Bytes that the process may take while it builds or searches the index.
    taken : int
        Bytes that it takes anyway.
    """
    for factory in _candidates(rows, dimension):
        index = make_index(factory, dimension)
        lists = faiss.try_extract_index_ivf(index)
        size = kept_bytes(index, rows) if lists is None else rows * (lists.code_size + 8)
        if max(size, memory_to_build(index, rows, limit).most) + taken <= limit:
            return factory
    return "Flat"


def _candidates(rows: int, dimension: int) -> Iterator[str]:
    if rows < FLAT_ROWS:
        return
    yield from (f"HNSW{links}" for links in LINKS)
    if rows < QUANTIZED_ROWS:
        return
    # Of lists, 4 times the root of the rows, as faiss's guidelines have it; fewer where training would not fit.
    most = min(4 * math.sqrt(rows), rows / LEAST_ROWS_PER_LIST, MOST_LISTS)
    numbers = [2 ** (int(math.log2(most)) - fewer) for fewer in range(4)]
    lists = [f"IVF{number}" if number < GRAPH_LISTS else f"IVF{number}_HNSW32" for number in numbers if number > 1]
    if rows < WHOLE_ROWS:
        yield from (f"{each},Flat" for each in lists)
    yield from (f"{each},SQ8" for each in lists)
    for code in CODES:
        if code < dimension:
            turned = (min(dimension // code, 6) + 1) * code  # a multiple of the code, a little more than the vectors
            yield from (f"OPQ{code}_{turned},{each},PQ{code}" for each in lists)


def measure_recall(index: faiss.Index, vectors: Vectors, nprobe: int | None = None) -> Recall:
    """What an index finds of the best rows, asked with some of them; without `nprobe` the number of lists is chosen.

    It is the least power of two that finds nearly as much as a quarter of the lists does.

    Parameters
    ----------
    index : faiss.Index
        Whole, to search; its number of lists stays as it is measured.
    vectors : float32 array of shape (n, d)
        Its rows, mapped from a file, and read once.
    nprobe : int or None
        The number of lists to measure with.
    """
    rows = len(vectors)
    asked = np.unique(np.linspace(0, rows - 1, min(QUESTIONS, rows)).astype(np.int64))
    questions, depth = np.ascontiguousarray(vectors[asked]), min(DEPTH, rows - 1)
    blocks = (np.ascontiguousarray(vectors[start : start + BLOCK_ROWS]) for start in range(0, rows, BLOCK_ROWS))
    _, best = knn_ground_truth(questions, blocks, depth + 1, faiss.METRIC_INNER_PRODUCT, ngpu=0)

    def recall() -> float:
        _, found = index.search(questions, depth + 1)
        shares = []
        for itself, expected, rows_found in zip(asked, best, found, strict=True):
            wanted = [row for row in expected.tolist() if row != itself][:depth]
            shares.append(len({*wanted} & {*rows_found.tolist()}) / max(1, len(wanted)))
        return float(np.mean(shares))

    lists = faiss.try_extract_index_ivf(index)
    if lists is None:
        return Recall(recall(), len(asked), None)
    if nprobe is None:
        lists.nprobe = max(1, lists.nlist // 4)
        goal, most = recall() - LOSS, lists.nprobe
        nprobe = 1
        while True:
            lists.nprobe = nprobe
            if nprobe >= most or recall() >= goal:
                break
            nprobe *= 2
    lists.nprobe = nprobe
    return Recall(recall(), len(asked), nprobe)
