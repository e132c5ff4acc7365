from __future__ import annotations

import json
from pathlib import Path

import faiss
import numpy as np
import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.faiss_index import fill_index, make_index
from pyserini_xqg.indexing.opening import open_index

VECTORS = np.random.default_rng(2).standard_normal((300, 16)).astype(np.float32)


def written(folder: Path, factory: str) -> Path:
    index = make_index(factory, VECTORS.shape[1])
    fill_index(index, VECTORS, threads=1)
    faiss.write_index(index, str(folder / "index"))
    return folder / "index"


def is_mapped(file: Path) -> bool:
    return str(file) in Path("/proc/self/maps").read_text(encoding="utf-8")


@pytest.mark.parametrize("factory", ["Flat", "SQ8", "HNSW8", "IVF8,Flat", "PCA8,SQ8", "HNSW8,RFlat"])
def test_what_is_mapped_is_what_is_read(factory: str, tmp_path: Path) -> None:
    file = written(tmp_path, factory)
    mapped, read = open_index(file), faiss.read_index(str(file))
    assert is_mapped(file)
    for one, other in zip(mapped.search(VECTORS[:20], 9), read.search(VECTORS[:20], 9), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_variable_has_the_index_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSERINI_XQG_MMAP", "0")
    file = written(tmp_path, "Flat")
    assert open_index(file).ntotal == len(VECTORS)
    assert not is_mapped(file)


def test_depths_come_from_variables_then_the_manifest_then_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path, "PCA8,IVF32,Flat")

    def nprobe() -> int:
        return int(faiss.extract_index_ivf(open_index(file)).nprobe)

    assert nprobe() == 2
    settings = {"index": {"nprobe": 5, "ef_search": None}}
    (tmp_path / "xqg.json").write_text(json.dumps({"kind": "index", "settings": settings}), encoding="utf-8")
    assert nprobe() == 5
    monkeypatch.setenv("PYSERINI_XQG_NPROBE", "32")
    assert nprobe() == 32
    (tmp_path / "xqg.json").write_text("{", encoding="utf-8")
    assert nprobe() == 32
    monkeypatch.setenv("PYSERINI_XQG_EF_SEARCH", "7")
    assert open_index(written(tmp_path, "HNSW8")).hnsw.efSearch == 7


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_variable_that_is_no_number_is_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "Flat")
    monkeypatch.setenv("PYSERINI_XQG_EF_SEARCH", text)
    with pytest.raises(UsageError, match=f"PYSERINI_XQG_EF_SEARCH is '{text}': a whole number, at least 1"):
        open_index(file)


@pytest.mark.parametrize("factory", ["Flat", "HNSW8", "IVF8,Flat"])
def test_a_file_that_was_cut_is_an_error_and_not_the_end_of_the_process(factory: str, tmp_path: Path) -> None:
    file = written(tmp_path, factory)
    content = file.read_bytes()
    for size in (0, 20, len(content) // 2, len(content) - 8):
        file.write_bytes(content[:size])
        with pytest.raises(RuntimeError):
            open_index(file)
