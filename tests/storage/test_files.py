from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pyserini_xqg.storage.files import cache_folder, free_bytes, left_of_shared, write_atomically, write_shared


def test_a_full_disk_leaves_the_old_text_of_a_small_file(full_disk: Path) -> None:
    file = full_disk / "progress.json"
    write_atomically(file, "old")
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(file, "new" * 100_000)
    assert caught.value.errno == errno.ENOSPC
    assert file.read_text() == "old"


def test_several_processes_write_a_file_at_once_and_what_they_leave_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "progress.json"
    replace = Path.replace

    def meanwhile(temporary: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        write_shared(file, "another's")
        return replace(temporary, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", meanwhile)
        write_shared(file, "one's")
    assert file.read_text() == "one's" and list(tmp_path.iterdir()) == [file]
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(Path, "replace", lambda *_: 1 / 0)
        write_shared(file, "nobody's")
    (left,) = left_of_shared(tmp_path)
    assert left.read_text() == "nobody's" and file.read_text() == "one's"


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
