from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.faiss_index import fill_index, make_index
from pyserini_xqg.indexing.search import IndexSearcher

ROWS, DIMENSION = 40, 8


def write_index(folder: Path, factory: str = "Flat") -> np.ndarray:
    """An index folder of random vectors."""
    vectors = np.random.default_rng(1).standard_normal((ROWS, DIMENSION)).astype(np.float32)
    index = make_index(factory, DIMENSION)
    fill_index(index, vectors, nprobe=1 if "IVF" in factory else None)
    folder.mkdir()
    faiss.write_index(index, str(folder / "index"))
    (folder / "docid").write_text("".join(f"d{row}\n" for row in range(ROWS)), encoding="utf-8")
    return vectors


def test_rows_come_by_their_inner_products(tmp_path: Path) -> None:
    vectors = write_index(tmp_path / "index")
    searcher = IndexSearcher(tmp_path / "index")
    assert (searcher.rows, searcher.dimension) == (ROWS, DIMENSION)
    scores, rows = searcher.search(vectors[:3], ROWS + 5)
    assert rows.shape == scores.shape == (3, ROWS)
    products = vectors[:3] @ vectors.T
    np.testing.assert_array_equal(rows, np.argsort(-products, axis=1))
    np.testing.assert_allclose(scores, -np.sort(-products, axis=1), atol=1e-5)


def test_a_flat_index_stays_on_disk(tmp_path: Path) -> None:
    write_index(tmp_path / "index")
    searcher = IndexSearcher(tmp_path / "index")
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    assert str(tmp_path / "index" / "index") in maps
    del searcher


def test_where_an_index_finds_no_more_the_row_is_minus_1(tmp_path: Path) -> None:
    vectors = write_index(tmp_path / "index", "IVF8,Flat")
    _, rows = IndexSearcher(tmp_path / "index").search(vectors[:5], ROWS)
    assert (rows[:, 0] >= 0).all() and (rows[:, -1] == -1).all()


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    write_index(tmp_path / "index")
    searcher = IndexSearcher(tmp_path / "index")
    searcher.check_ids(ROWS)
    with pytest.raises(InvalidInput, match=f"index: docid has 41 ids and index {ROWS} vectors; as many"):
        searcher.check_ids(ROWS + 1)
    with pytest.raises(UsageError, match="has vectors of 8 dimensions and the encoder makes 7"):
        searcher.search(np.zeros((1, 7), dtype=np.float32), 3)
    (tmp_path / "index" / "index").write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match="faiss cannot read it; is it whole"):
        IndexSearcher(tmp_path / "index")
    (tmp_path / "index" / "docid").unlink()
    with pytest.raises(MissingInput, match="docid: no such file; a Pyserini index folder holds index and docid"):
        IndexSearcher(tmp_path / "index")
