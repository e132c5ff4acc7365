from __future__ import annotations

import shutil
from pathlib import Path

import faiss
import numpy as np
import pytest

from pyserini_xqg.errors import XqgError
from pyserini_xqg.indexing import on_disk
from pyserini_xqg.indexing.faiss_index import fill_index, make_index
from pyserini_xqg.indexing.memory import BuildMemory
from pyserini_xqg.indexing.on_disk import build_on_disk, forget_parts
from pyserini_xqg.indexing.opening import LISTS, open_index

DIMENSION, ROWS = 16, 1000
RANDOM = np.random.default_rng(4)
VECTORS = RANDOM.standard_normal((ROWS, DIMENSION)).astype(np.float32)
IN_PARTS = BuildMemory(ROWS, 0, 0, part_rows=300)


def build(folder: Path, factory: str, memory: BuildMemory = IN_PARTS) -> None:
    build_on_disk(make_index(factory, DIMENSION), factory, VECTORS, folder, memory, nprobe=3, threads=1)


def files_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("index", LISTS)}


@pytest.mark.parametrize("factory", ["IVF8,Flat", "IVF8,SQ8", "IVF8,PQ4x4", "PCA8,IVF8,SQ8"])
def test_lists_on_disk_hold_what_lists_in_memory_hold(factory: str, tmp_path: Path) -> None:
    build(tmp_path, factory)
    in_memory = make_index(factory, DIMENSION)
    fill_index(in_memory, VECTORS, nprobe=3, threads=1)
    found = open_index(tmp_path / "index")
    assert found.ntotal == ROWS
    for one, other in zip(found.search(VECTORS[:50], 9), in_memory.search(VECTORS[:50], 9), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_moved_folder_opens_wherever_the_process_is_and_is_only_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "made").mkdir()
    build(tmp_path / "made", "IVF8,Flat")
    moved = shutil.move(tmp_path / "made", tmp_path / "moved")
    monkeypatch.chdir("/")
    found = open_index(moved / "index")
    lists = faiss.downcast_InvertedLists(faiss.extract_index_ivf(found).invlists)
    assert (lists.filename, lists.read_only) == (str(moved / LISTS), True)
    assert str(tmp_path).encode() not in (moved / "index").read_bytes()


def test_lists_that_were_cut_are_an_error(tmp_path: Path) -> None:
    build(tmp_path, "IVF8,Flat")
    content = (tmp_path / LISTS).read_bytes()
    (tmp_path / LISTS).write_bytes(content[:-1])
    with pytest.raises(RuntimeError, match=f"{LISTS} has {len(content) - 1} bytes; {len(content)} are expected"):
        open_index(tmp_path / "index")


def test_a_file_of_that_name_beside_another_index_changes_nothing(tmp_path: Path) -> None:
    index = make_index("IVF8,Flat", DIMENSION)
    fill_index(index, VECTORS, threads=1)
    faiss.write_index(index, str(tmp_path / "index"))
    (tmp_path / LISTS).touch()
    np.testing.assert_array_equal(open_index(tmp_path / "index").search(VECTORS, 3)[1], index.search(VECTORS, 3)[1])


def test_the_size_of_parts_makes_no_difference(tmp_path: Path) -> None:
    for name, rows in (("one", ROWS), ("many", 77)):
        (tmp_path / name).mkdir()
        build(tmp_path / name, "IVF8,SQ8", BuildMemory(ROWS, 0, 0, rows))
    assert files_of(tmp_path / "one") == files_of(tmp_path / "many")


def test_a_build_goes_on_with_the_parts_that_are_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "whole").mkdir()
    build(tmp_path / "whole", "IVF8,SQ8")
    (tmp_path / "broken").mkdir()
    add_rows, starts = on_disk.add_rows, []

    def stopped_at_the_third(index, vectors, ids):
        starts.append(int(ids[0]))
        if len(starts) == 3:
            raise KeyboardInterrupt
        add_rows(index, vectors, ids)

    monkeypatch.setattr(on_disk, "add_rows", stopped_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "broken", "IVF8,SQ8")
    assert not (tmp_path / "broken" / "index").exists()
    build(tmp_path / "broken", "IVF8,SQ8")
    assert starts == [0, 300, 600, 600, 900]
    assert files_of(tmp_path / "whole") == files_of(tmp_path / "broken")
    build(tmp_path / "broken", "IVF8,Flat")  # another form takes none of these parts
    assert starts[-4:] == [0, 300, 600, 900]
    forget_parts(tmp_path / "broken")
    assert {file.name for file in (tmp_path / "broken").iterdir()} == {"index", LISTS}


def test_a_disk_that_is_too_small_is_said_before_faiss_maps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_disk, "free_bytes", lambda _: 2**20)
    big = np.zeros((40_000, DIMENSION), dtype=np.float32)
    with pytest.raises(XqgError, match=r"the inverted lists need \d+\.\dM more and .* has 1.0M free; free some space"):
        build_on_disk(make_index("IVF1,Flat", DIMENSION), "IVF1,Flat", big, tmp_path, BuildMemory(100, 0, 0, 40_000))


def test_faiss_prints_nothing_among_results(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    build(tmp_path, "IVF8,Flat")
    open_index(tmp_path / "index")
    assert capfd.readouterr().out == ""
