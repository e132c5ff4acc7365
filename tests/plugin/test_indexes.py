"""Indexes as Pyserini's searcher reads them; with stock Pyserini see tests/integration/test_stock_pyserini.py."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import pytest

from pyserini_xqg.plugin.indexes import MappingFaiss

MAPPING = MappingFaiss(faiss)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    index = faiss.IndexFlatIP(4)
    index.add(np.eye(4, dtype=np.float32))
    faiss.write_index(index, str(tmp_path / "index"))
    return tmp_path / "index"


def is_mapped(file: Path) -> bool:
    return str(file) in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_all_but_the_reading_is_faiss() -> None:
    assert MAPPING.IndexFlatIP is faiss.IndexFlatIP and MAPPING.__name__ == "faiss"
    with pytest.raises(AttributeError):
        _ = MAPPING.no_such_thing


@pytest.mark.parametrize("kind", [str, Path])
def test_an_index_is_mapped(file: Path, kind: type) -> None:
    index = MAPPING.read_index(kind(file))
    assert index.ntotal == 4 and is_mapped(file)


def test_who_gives_flags_or_a_reader_gets_what_faiss_gives(file: Path) -> None:
    assert MAPPING.read_index(str(file), 0).ntotal == 4
    assert MAPPING.read_index(faiss.FileIOReader(str(file))).ntotal == 4
    assert not is_mapped(file)


def test_where_nothing_can_be_mapped_the_index_is_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_index = faiss.read_index

    def without_maps(path: str, flags: int = 0) -> faiss.Index:
        if flags:
            raise RuntimeError("could not mmap()")
        return read_index(path)

    monkeypatch.setattr(faiss, "read_index", without_maps)
    assert MAPPING.read_index(str(file)).ntotal == 4
    monkeypatch.undo()
    with pytest.raises(RuntimeError, match="No such file"):
        MAPPING.read_index(str(file.with_name("none")))
