from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from pyserini_xqg.storage import id_store
from pyserini_xqg.storage.id_store import IdStore

TABLES = ("passage (id TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID",)
FIND = "SELECT row FROM passage WHERE id = ?"


def test_rows_are_found_by_their_key_which_is_there_once(tmp_path: Path) -> None:
    with IdStore(tmp_path / "ids", TABLES) as store:
        assert store.insert("passage", "a", 1)
        assert not store.insert("passage", "a", 2)
        store.insert_all("passage", [("a", 3), ("b", 4)], ["id", "row"])
        store.insert_all("passage", (("c",) for _ in range(2)), ["id"])
        assert [store.first(FIND, key) for key in "abcd"] == [(1,), (4,), (None,), None]


def test_what_was_saved_is_there_for_a_later_run_and_gives_way_to_a_fresh_one(tmp_path: Path) -> None:
    with IdStore(tmp_path / "ids", TABLES) as store:
        store.insert("passage", "a", 1)
        store.save()
        store.insert("passage", "b", 2)
        store.save()
    with IdStore(tmp_path / "ids", TABLES, is_fresh=False) as store:
        assert [store.first(FIND, key) for key in "ab"] == [(1,), (2,)]
    with IdStore(tmp_path / "ids", TABLES) as store:
        assert store.first(FIND, "a") is None


def test_any_number_of_processes_read_what_is_final(tmp_path: Path) -> None:
    with IdStore(tmp_path / "ids?", TABLES) as store:
        store.insert("passage", "a", 1)
        store.save()
    # One that writes has a lock, if there are locks, and would keep the others out.
    with sqlite3.connect(tmp_path / "ids?", isolation_level=None) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        for _ in range(2):
            with IdStore(tmp_path / "ids?", TABLES, is_final=True) as store:
                assert store.first(FIND, "a") == (1,)
        writer.execute("ROLLBACK")
    with pytest.raises(FileNotFoundError):
        IdStore(tmp_path / "none", TABLES, is_final=True)


def test_what_a_killed_run_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "ids").write_bytes(b"SQLite format 3\0" + b"half" * 999)
    with IdStore(tmp_path / "ids", TABLES) as store:
        assert store.insert("passage", "a", 1)


def test_a_file_can_go_when_it_is_closed(tmp_path: Path) -> None:
    IdStore(tmp_path / "ids", TABLES).close(remove=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("free", [4 * 1024, 64 * 1024])
def test_a_full_disk_is_named_whoever_fills_it(free: int, full_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (full_disk / "other").write_bytes(b"x" * (64 * 1024 - free))
    monkeypatch.setattr(id_store, "CACHE_KIB", 16)
    keys = [f"passage-{number:09}" for number in range(100_000)]
    with pytest.raises(OSError, match="No space left") as caught, IdStore(full_disk / "ids", TABLES) as store:
        for key in keys:
            store.insert("passage", key, 1)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(full_disk / "ids"))
    with pytest.raises(OSError, match="No space left"), IdStore(full_disk / "ids", TABLES) as store:
        store.insert_all("passage", ((key,) for key in keys), ["id"])
