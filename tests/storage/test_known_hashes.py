from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from pyserini_xqg.errors import MissingInput
from pyserini_xqg.storage import known_hashes
from pyserini_xqg.storage.known_hashes import known_sha256

CONTENT = b"model" * 1000
FALSE = "0" * 64


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(known_hashes, "LEAST_BYTES", len(CONTENT))
    monkeypatch.setattr(known_hashes, "SETTLED_SECONDS", 0.02)
    return tmp_path / "cache" / "sha256"


@pytest.fixture
def weights(tmp_path: Path, cache: Path) -> Path:
    file = tmp_path / "model.safetensors"
    file.write_bytes(CONTENT)
    time.sleep(0.05)
    return file


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def falsified(cache: Path) -> Path:
    """The entry with a hash that no file has: who gives it did not read the file."""
    (entry,) = cache.iterdir()
    entry.write_text(json.dumps(json.loads(entry.read_text()) | {"sha256": FALSE}))
    return entry


def test_a_file_that_did_not_change_is_hashed_once(weights: Path, cache: Path, tmp_path: Path) -> None:
    assert known_sha256(weights) == sha256(CONTENT)
    assert cache.stat().st_mode & 0o077 == 0
    falsified(cache)
    assert known_sha256(weights) == FALSE
    link = tmp_path / "link"
    link.symlink_to(weights)
    assert known_sha256(link) == FALSE
    copy = tmp_path / "copy"
    copy.write_bytes(CONTENT)
    assert known_sha256(copy) == sha256(CONTENT)


def test_a_file_that_changed_is_hashed_again(weights: Path, cache: Path, tmp_path: Path) -> None:
    known_sha256(weights)
    before = weights.stat()
    other = CONTENT[:-1] + b"!"
    # The same size at the same time stamp of its content, as a copy that keeps times has it.
    weights.write_bytes(other)
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert weights.stat().st_mtime_ns == before.st_mtime_ns
    assert known_sha256(weights) == sha256(other)
    replacement = tmp_path / "replacement"
    replacement.write_bytes(CONTENT)
    os.utime(replacement, ns=(before.st_atime_ns, before.st_mtime_ns))
    replacement.replace(weights)
    assert known_sha256(weights) == sha256(CONTENT)


def test_what_was_changed_just_now_is_not_relied_on(
    weights: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_hashes, "SETTLED_SECONDS", 60.0)
    assert known_sha256(weights) == sha256(CONTENT)
    assert not cache.exists()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"sha256"',
        b"{}",
        b'{"sha256": 7}',
        None,
    ],
)
def test_a_damaged_entry_is_ignored_and_mended(damage: bytes | None, weights: Path, cache: Path) -> None:
    known_sha256(weights)
    (entry,) = cache.iterdir()
    good = entry.read_bytes()
    entry.write_bytes(good.replace(sha256(CONTENT).encode(), b"not a hash") if damage is None else damage)
    assert known_sha256(weights) == sha256(CONTENT)
    assert entry.read_bytes() == good
    assert list(cache.iterdir()) == [entry]


def test_without_a_cache_every_file_is_hashed(weights: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(weights))  # no folder can be made in a file
    assert known_sha256(weights) == known_sha256(weights) == sha256(CONTENT)
    for name in ("PYSERINI_XQG_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)  # an account that no file knows, as in containers
    with pytest.raises(RuntimeError, match="home"):
        Path.home()
    assert known_sha256(weights) == sha256(CONTENT)


def test_small_files_leave_nothing_in_the_cache_and_missing_ones_are_an_error(tmp_path: Path, cache: Path) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(b"{}")
    assert known_sha256(file) == sha256(b"{}")
    assert not cache.exists()
    with pytest.raises(MissingInput, match="cannot be read"):
        known_sha256(tmp_path / "nowhere")
