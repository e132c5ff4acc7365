from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pyserini_xqg.storage.files import cache_folder, free_bytes, write_atomically


def test_a_full_disk_leaves_the_old_text_of_a_small_file(full_disk: Path) -> None:
    file = full_disk / "progress.json"
    write_atomically(file, "old")
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(file, "new" * 100_000)
    assert caught.value.errno == errno.ENOSPC
    assert file.read_text() == "old"


def test_free_space_is_that_of_the_nearest_folder_there_is(full_disk: Path) -> None:
    assert free_bytes(full_disk / "not" / "yet") == 64 * 1024
    (full_disk / "x").write_bytes(b"x" * 40_000)
    assert free_bytes(full_disk) == 24 * 1024


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSERINI_XQG_CACHE", "/somewhere")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert cache_folder() == Path("/somewhere")
    monkeypatch.delenv("PYSERINI_XQG_CACHE")
    assert cache_folder() == Path("/cache/pyserini-xqg")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path.home() / ".cache" / "pyserini-xqg"
