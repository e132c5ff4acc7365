from __future__ import annotations

import faiss
import numpy as np
import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.faiss_index import make_index
from pyserini_xqg.indexing.memory import kept_bytes, memory_to_build, process_bytes, reserve

DIMENSION, ROWS = 32, 3000
VECTORS = np.random.default_rng(3).standard_normal((ROWS, DIMENSION)).astype(np.float32)


def filled(factory: str) -> faiss.Index:
    index = make_index(factory, DIMENSION)
    index.train(VECTORS)
    reserve(index, ROWS)
    assert index.ntotal == 0
    index.add(VECTORS)
    return index


@pytest.mark.parametrize(
    "factory", ["Flat", "SQ8", "SQfp16", "PQ8x4", "PCA16,SQ8", "HNSW16", "HNSW16_SQ8", "SQ8,RFlat"]
)
def test_what_is_kept_is_what_a_file_of_it_takes(factory: str) -> None:
    size = len(faiss.serialize_index(filled(factory)))
    expected = kept_bytes(make_index(factory, DIMENSION), ROWS)
    if "HNSW" in factory:  # which also holds what grows, and locks
        assert size < expected < 1.4 * size
    else:
        assert expected == pytest.approx(size, abs=10_000)


@pytest.mark.parametrize("factory", ["SQ8", "HNSW16", "PCA16,SQ8", "SQ8,RFlat", "PQ8x4fs"])
def test_an_index_with_room_is_the_same_index(factory: str) -> None:
    plain = make_index(factory, DIMENSION)
    plain.train(VECTORS)
    plain.add(VECTORS)
    np.testing.assert_array_equal(faiss.serialize_index(filled(factory)), faiss.serialize_index(plain))


def test_the_sample_is_as_large_as_fits_into_half_of_the_limit() -> None:
    index, rows = make_index("IVF1024,SQ8", 384), 1_000_000
    free = memory_to_build(index, rows)
    small = memory_to_build(index, rows, 2**29)
    assert (free.training_rows, free.part_rows) == (100_000, None)
    assert 39 * 1024 <= small.training_rows < free.training_rows
    assert small.training <= 2**28
    assert small.most < 2**29 < free.most
    assert memory_to_build(index, rows, 2**20).training_rows == 39 * 1024  # with fewer it would be worth nothing


def test_a_part_of_lists_is_smaller_where_there_is_less_memory() -> None:
    index = make_index("IVF64,Flat", 384)
    less, more = (memory_to_build(index, 1_000_000, limit) for limit in (2**30, 2**33))
    assert less.part_rows is not None and more.part_rows is not None
    assert less.part_rows < more.part_rows <= 1_000_000
    assert less.filling < 2**30


@pytest.mark.parametrize("factory", ["IVF64,Flat,RFlat", "IVF64,PQ8x4fs"])
def test_lists_that_cannot_be_on_disk_are_refused_under_a_limit(factory: str) -> None:
    index = make_index(factory, DIMENSION)
    assert memory_to_build(index, ROWS).most > 0
    with pytest.raises(UsageError, match="cannot have its lists on disk, where max_memory puts them"):
        memory_to_build(index, ROWS, 2**30)


def test_a_form_of_unknown_needs_is_named() -> None:
    with pytest.raises(UsageError, match="IndexNSGFlat takes in memory is not known here; leave max_memory out"):
        memory_to_build(make_index("NSG16", DIMENSION), ROWS, 2**30)


def test_the_memory_of_this_process_grows_with_what_it_holds() -> None:
    before = process_bytes()
    held = np.ones(2**23)
    assert process_bytes() - before >= 0.9 * held.nbytes
