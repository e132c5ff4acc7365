from __future__ import annotations

import logging
from pathlib import Path

import faiss
import numpy as np
import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing import choosing
from pyserini_xqg.indexing.flat_file import flat_header
from pyserini_xqg.indexing.form import IndexForm
from pyserini_xqg.indexing.opening import LISTS, open_index
from pyserini_xqg.indexing.settings import IndexSettings

ROWS, DIMENSION = 10_500, 8
ENOUGH = "100G"


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    random = np.random.default_rng(6)
    rows = random.standard_normal((100, DIMENSION))[np.arange(ROWS) % 100] * 2
    return (rows + random.standard_normal((ROWS, DIMENSION))).astype(np.float32)


@pytest.fixture
def file(vectors: np.ndarray, tmp_path: Path) -> Path:
    (tmp_path / "vectors.flat").write_bytes(flat_header(DIMENSION, ROWS) + vectors.tobytes())
    return tmp_path / "vectors.flat"


def filled(file: Path, **settings: object) -> tuple[faiss.Index | None, dict]:
    form = IndexForm(IndexSettings(threads=1, **settings), DIMENSION, ROWS)  # type: ignore[arg-type]
    form.settle()
    told = form.fill(file)
    index = file.with_name("index")
    return (open_index(index) if index.exists() else None), told


def test_a_flat_index_is_the_file_of_vectors(file: Path) -> None:
    assert filled(file) == (None, {})
    assert filled(file, max_memory="1M") == (None, {})  # it is written as vectors come


def test_depths_are_saved(file: Path) -> None:
    index, _ = filled(file, factory="HNSW4", ef_search=37)
    assert index is not None and index.hnsw.efSearch == 37
    assert faiss.read_index(str(file.with_name("index"))).hnsw.efSearch == 37


def test_auto_says_what_it_chose_and_what_that_finds(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(choosing, "LINKS", ())
    with caplog.at_level(logging.INFO, logger="pyserini_xqg"):
        index, told = filled(file, factory="auto", max_memory=ENOUGH)
    auto = told["auto"]
    assert (auto["factory"], auto["questions"]) == ("IVF256,Flat", 256)
    assert 0.8 < auto["recall"] <= 1
    # The number of lists that it measured with is in the file itself, and the lists are beside it.
    assert faiss.extract_index_ivf(index).nprobe == auto["nprobe"] not in (1, 16)
    assert file.with_name(LISTS).exists()
    assert "auto chose IVF256,Flat for 10,500 vectors of 8 dimensions and 100G of memory" in caplog.text
    assert f"IVF256,Flat with nprobe {auto['nprobe']} finds {100 * auto['recall']:.1f} % of" in caplog.text
    # A form that was chosen later leaves nothing of it.
    assert filled(file) == (None, {})
    assert not file.with_name(LISTS).exists()


@pytest.mark.parametrize("depth", [{"nprobe": 3}, {"ef_search": 3}])
def test_auto_that_has_no_such_depth_ends_before_the_start(depth: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(depth))} was given for an index without"):
        IndexForm(IndexSettings("auto", max_memory="1M", **depth), DIMENSION, ROWS).settle()  # type: ignore[arg-type]


def test_auto_takes_a_flat_index_where_nothing_fits(file: Path) -> None:
    assert filled(file, factory="auto", max_memory="1M") == (None, {"auto": {"factory": "Flat", "recall": 1.0}})


@pytest.mark.parametrize("factory", ["SQ8", "PQ4", "HNSW16", "IVF16,SQ8"])
def test_what_does_not_fit_ends_before_the_start(factory: str, caplog: pytest.LogCaptureFixture) -> None:
    rows = 1_000_000
    with caplog.at_level(logging.INFO, logger="pyserini_xqg"):
        IndexForm(IndexSettings(factory, max_memory=ENOUGH), DIMENSION, rows).settle()
        IndexForm(IndexSettings(factory), DIMENSION, rows).settle()
    needs = f"an index {factory} of 1,000,000 vectors of 8 dimensions takes "
    assert caplog.text.count(needs) == 2
    with pytest.raises(UsageError) as caught:
        IndexForm(IndexSettings(factory, max_memory="10M"), DIMENSION, rows).settle()
    assert str(caught.value).startswith(needs)
    assert "that this process has, and max_memory is 10M; a larger one, a smaller form or auto is" in str(caught.value)


def test_a_form_of_unknown_needs_is_made_where_nobody_asked() -> None:
    IndexForm(IndexSettings("NSG16"), DIMENSION, ROWS).settle()
    with pytest.raises(UsageError, match="is not known here"):
        IndexForm(IndexSettings("NSG16", max_memory=ENOUGH), DIMENSION, ROWS).settle()
