"""Forms of an index: the one that fits, and the bytes of any that faiss makes, with nothing added to it."""

from __future__ import annotations

from typing import Any

import faiss

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.choosing import AUTO, choose_form
from pyserini_xqg.indexing.faiss_index import make_index
from pyserini_xqg.indexing.form import FLAT
from pyserini_xqg.indexing.memory import memory_to_build
from pyserini_xqg.indexing.settings import IndexSettings
from pyserini_xqg.indexing.sizes import bytes_of, said_bytes


def index_bytes(factory: str, dimension: int, rows: int) -> int:
    """The size of an index file.

    Parameters
    ----------
    factory : str
        faiss factory string.
    dimension, rows : int

    Raises
    ------
    UsageError
        faiss does not know the form, or it is not known here what it takes.
    """
    fixed, row = _parts(make_index(factory, dimension), factory)
    return round(fixed + rows * row)


def settled_form(form: IndexSettings, dimension: int, rows: int, held: int) -> tuple[str, int]:
    """The form of an index, chosen where that is asked for, and the memory that it takes while it is filled.

    Parameters
    ----------
    form : IndexSettings
    dimension, rows : int
    held : int
        Bytes that the process has in memory anyway.

    Raises
    ------
    UsageError
        It does not fit into the memory that was given, or faiss does not know it.
    """
    limit = None if form.max_memory is None else bytes_of("max_memory", form.max_memory)
    factory = form.factory
    if factory == AUTO:
        assert limit is not None
        factory = choose_form(rows, dimension, limit, held)
    if factory == FLAT:  # written row by row
        return factory, 0
    taken = memory_to_build(make_index(factory, dimension), rows, limit).most
    if limit is not None and held + taken > limit:
        raise UsageError(
            f"an index {factory!r} of {rows:,} vectors takes {said_bytes(held + taken)} while it is built, and "
            f"max_memory is {form.max_memory}; give more, or another --factory (auto chooses one)"
        )
    return factory, taken


def _parts(index: faiss.Index, factory: str) -> tuple[float, float]:
    """Bytes that are there anyway, and those of a row."""
    if isinstance(index, faiss.IndexPreTransform):
        chain: Any = index.chain  # a vector of C++, whatever faiss says of its type
        steps = [faiss.downcast_VectorTransform(chain.at(number)) for number in range(chain.size())]
        fixed, row = _parts(faiss.downcast_index(index.index), factory)
        return fixed + sum(4 * step.d_out * (step.d_in + 1) for step in steps), row
    if isinstance(index, faiss.IndexRefine):
        both = [_parts(faiss.downcast_index(each), factory) for each in (index.base_index, index.refine_index)]
        return sum(fixed for fixed, _ in both), sum(row for _, row in both)
    if isinstance(index, faiss.IndexHNSW):
        fixed, row = _parts(faiss.downcast_index(index.storage), factory)
        lowest = index.hnsw.cum_nneighbor_per_level.at(1)
        upper = index.hnsw.cum_nneighbor_per_level.at(2) - lowest
        # Each level has one node in `upper` of the level below; a node has its level and where its links begin.
        return fixed, row + 4 * lowest + 4 * upper / (upper - 1) + 12
    if isinstance(index, faiss.IndexIVF):
        centroids, of_centroid = _parts(faiss.downcast_index(index.quantizer), factory)
        return centroids + index.nlist * (of_centroid + 8) + _trained(index), index.code_size + 8
    if isinstance(index, faiss.IndexFlatCodes):
        return _trained(index), index.code_size
    raise UsageError(
        f"what an index {factory!r} takes is not known here; Flat, SQ, PQ, HNSW or IVF is expected, with or without "
        "transforms"
    )


def _trained(index: faiss.Index) -> float:
    """Bytes of what quantizers have learned."""
    if (product := getattr(index, "pq", None)) is not None:
        return float(4 * index.d * product.ksub)
    return float(8 * index.d) if hasattr(index, "sq") else 0.0
