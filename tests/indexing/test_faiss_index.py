from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.indexing.faiss_index import check_depths, fill_index, make_index

DIMENSION = 32
ROWS = 400
HITS = 10
# Factory strings and the least share of the true first ten that the index finds with its own defaults; what is exact
# has 1, what compresses or looks into a part of its lists less.
FACTORIES = {
    "Flat": 1.0,
    "SQfp16": 1.0,
    "SQ8": 0.97,
    "HNSW32": 0.99,
    "HNSW32_SQ8": 0.97,
    "IVF4,Flat": 0.85,
    "IVF8,PQ8x4": 0.55,
    "PQ8x4fs": 0.55,
    "PCA16,Flat": 0.75,
    "PCAR24,HNSW16": 0.8,
    "HNSW16,RFlat": 0.99,
    "L2norm,Flat": 0.65,
    "RaBitQ": 0.65,
}


@pytest.fixture(scope="module")
def vectors() -> npt.NDArray[np.float32]:
    """Twenty clusters, so that lists and centroids have something to find."""
    random = np.random.default_rng(7)
    centres = random.standard_normal((20, DIMENSION)) * 2
    values = centres[np.arange(ROWS) % 20] + random.standard_normal((ROWS, DIMENSION))
    return values.astype(np.float32)


def built(
    factory: str, vectors: npt.NDArray[np.float32], nprobe: int | None = None, threads: int | None = None
) -> bytes:
    index = make_index(factory, vectors.shape[1])
    fill_index(index, vectors, nprobe, threads)
    serialized: bytes = faiss.serialize_index(index).tobytes()
    return serialized


def exact(vectors: npt.NDArray[np.float32], questions: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    scores = questions.astype(np.float64) @ vectors.T.astype(np.float64)
    return np.argsort(-scores, axis=1, kind="stable")[:, :HITS]


@pytest.mark.parametrize("factory", FACTORIES)
@pytest.mark.slow
def test_stock_faiss_reads_the_index_and_finds_the_nearest(
    factory: str, vectors: npt.NDArray[np.float32], tmp_path: Path
) -> None:
    (tmp_path / "index").write_bytes(built(factory, vectors, threads=1))
    index = faiss.read_index(str(tmp_path / "index"))
    assert (index.ntotal, index.d, index.metric_type) == (ROWS, DIMENSION, faiss.METRIC_INNER_PRODUCT)
    questions = vectors[::9] + np.float32(0.1)
    scores, found = index.search(questions, HITS)
    assert (np.diff(scores, axis=1) <= 0).all()
    expected = exact(vectors, questions)
    share = np.mean([len(set(a) & set(b)) / HITS for a, b in zip(found, expected, strict=True)])
    assert share >= FACTORIES[factory]
    if factory == "Flat":
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("factory", [factory for factory in FACTORIES if "PQ" not in factory])
def test_building_twice_gives_the_same_bytes(factory: str, vectors: npt.NDArray[np.float32]) -> None:
    assert built(factory, vectors) == built(factory, vectors)


@pytest.mark.slow
@pytest.mark.parametrize("factory", ["IVF8,Flat", "IVF8,PQ4x4", "PQ4x4fs", "SQ8"])
def test_several_threads_build_the_same_index(factory: str, vectors: npt.NDArray[np.float32]) -> None:
    assert built(factory, vectors, threads=2) == built(factory, vectors, threads=2)


@pytest.mark.slow
def test_graphs_are_built_with_one_thread_however_they_are_wrapped(vectors: npt.NDArray[np.float32]) -> None:
    more = np.concatenate([vectors + np.float32(shift) for shift in np.arange(8) * 0.3])
    for factory in ("HNSW8", "PCA16,HNSW8", "HNSW8,RFlat", "NSG8"):
        assert built(factory, more) == built(factory, more, threads=1), factory


def test_the_number_of_threads_of_the_process_stays(vectors: npt.NDArray[np.float32]) -> None:
    before = faiss.omp_get_max_threads()
    built("HNSW8", vectors)
    built("SQ8", vectors, threads=before + 3)
    with pytest.raises(InvalidInput):
        built("IVF4,Flat", vectors[:2], threads=before + 1)
    assert faiss.omp_get_max_threads() == before


@pytest.mark.parametrize(
    ("factory", "asked", "saved"),
    [
        ("IVF4,Flat", None, 1),
        ("IVF32,Flat", None, 2),
        ("IVF64,Flat", None, 4),
        ("IVF4,Flat", 3, 3),
        ("PCA16,IVF4,Flat", 2, 2),
        ("IVF4,Flat,RFlat", 4, 4),
    ],
)
def test_nprobe_is_saved_in_the_index(
    factory: str, asked: int | None, saved: int, vectors: npt.NDArray[np.float32]
) -> None:
    index = faiss.deserialize_index(np.frombuffer(built(factory, vectors, asked), dtype=np.uint8))
    assert faiss.extract_index_ivf(index).nprobe == saved


def test_looking_into_all_lists_is_exact(vectors: npt.NDArray[np.float32]) -> None:
    index = faiss.deserialize_index(np.frombuffer(built("IVF8,Flat", vectors, nprobe=8), dtype=np.uint8))
    np.testing.assert_array_equal(index.search(vectors[:50], HITS)[1], exact(vectors, vectors[:50]))


def test_graphs_are_made_and_searched_deep_enough(vectors: npt.NDArray[np.float32]) -> None:
    index = faiss.deserialize_index(np.frombuffer(built("HNSW8", vectors), dtype=np.uint8))
    assert (index.hnsw.efConstruction, index.hnsw.efSearch) == (100, 100)


def test_vectors_may_be_mapped_from_a_file_and_are_added_in_pieces(
    vectors: npt.NDArray[np.float32], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = built("IVF4,Flat", vectors)
    np.save(tmp_path / "vectors.npy", vectors)
    monkeypatch.setattr("pyserini_xqg.indexing.faiss_index.ROWS_AT_ONCE", 37)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    assert built("IVF4,Flat", mapped) == expected


def test_the_training_sample_is_spread_over_all_rows(
    vectors: npt.NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyserini_xqg.indexing.memory.TRAINING_ROWS", 40)
    index = make_index("SQ8", DIMENSION)
    fill_index(index, vectors)
    expected = make_index("SQ8", DIMENSION)
    expected.train(np.ascontiguousarray(vectors[::10]))
    expected.add(vectors)
    assert faiss.serialize_index(index).tobytes() == faiss.serialize_index(expected).tobytes()


@pytest.mark.parametrize(
    ("factory", "reason"),
    [
        ("IVF50,Flat", "Number of training points (20) should be at least as large as number of clusters (50)"),
        ("PQ8", "number of clusters (256)"),
        ("PCA64,Flat", "PCA matrix cannot output 64 dimensions from 32"),
        ("NSG32", "cannot build a graph smaller than 100"),
    ],
)
def test_too_few_vectors_are_invalid_input(factory: str, reason: str, vectors: npt.NDArray[np.float32]) -> None:
    with pytest.raises(InvalidInput) as caught:
        built(factory, vectors[:20])
    assert "from 20 vectors (" in str(caught.value)
    assert reason in str(caught.value)
    assert "/project/" not in str(caught.value)


@pytest.mark.parametrize(
    ("factory", "reason"),
    [
        ("", "could not parse index string"),
        ("HSNW32", "could not parse index string HSNW32"),
        ("flat", "could not parse index string flat"),
        ("PQ3", "should be a multiple of the number of subquantizers"),
        ("IVF99999999999,Flat", "stoi"),
        ("Fl\u00e4t", "could not parse index string"),
        ("HNSW32_PQ8", "does not rank rows by inner product"),
        ("PCA16,HNSW8_PQ4", "does not rank rows by inner product"),
        ("IDMap,Flat", "does not rank rows by inner product"),
        ("HNSW0", "has too few links or lists"),
        ("HNSW1", "has too few links or lists"),
        ("IVF0,Flat", "has too few links or lists"),
    ],
)
def test_a_factory_string_that_cannot_be_is_a_usage_error(factory: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_index(factory, DIMENSION)
    assert reason in str(caught.value)
    assert "a factory string such as Flat, HNSW32" in str(caught.value)
    assert ".cpp" not in str(caught.value)


@pytest.mark.parametrize("factory", ["Flat", "HNSW8", "PCA16,Flat"])
def test_nprobe_without_lists_is_a_usage_error(factory: str, vectors: npt.NDArray[np.float32]) -> None:
    index = make_index(factory, DIMENSION)
    check_depths(index, None)
    with pytest.raises(UsageError, match="nprobe was given for an index without inverted lists"):
        check_depths(index, 4)
    with pytest.raises(UsageError, match="nprobe was given for an index without inverted lists"):
        fill_index(index, vectors, nprobe=4)
    assert index.ntotal == 0


@pytest.mark.parametrize("nprobe", [0, -1])
def test_nprobe_is_at_least_one(nprobe: int, vectors: npt.NDArray[np.float32]) -> None:
    with pytest.raises(UsageError, match=f"nprobe is {nprobe}: at least 1"):
        fill_index(make_index("IVF4,Flat", DIMENSION), vectors, nprobe)
