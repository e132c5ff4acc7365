"""Files: atomic writing, hashing, durability, what changed meanwhile, free space, the user's cache."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from pyserini_xqg.errors import InputChanged, MissingInput


def write_atomically(file: Path, content: str | bytes) -> None:
    """Write a small file, text in UTF-8, so that a reader, or a run after a crash, sees the old content or the new."""
    _write_by(file.with_name(file.name + ".tmp"), file, content)


def write_shared(file: Path, content: str | bytes) -> None:
    """The same for a file that several processes may write at once: the last one's content stands.

    What a process that is killed meanwhile leaves is found by :func:`left_of_shared`.
    """
    _write_by(file.with_name(f"{file.name}.{secrets.token_hex(8)}.tmp"), file, content)


def left_of_shared(folder: Path) -> list[Path]:
    """What processes that were killed while they wrote shared files have left in their folder."""
    return sorted(folder.glob(f"*.{'[0-9a-f]' * 16}.tmp"))


def _write_by(temporary: Path, file: Path, content: str | bytes) -> None:
    with temporary.open("wb") as handle:
        handle.write(content.encode("utf-8") if isinstance(content, str) else content)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(file)
    with suppress(FileNotFoundError):  # another process that sees the file may have moved the folder by now
        sync(file.parent)


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes.

    Raises
    ------
    MissingInput
        It cannot be read.
    """
    try:
        with file.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror})") from error


def cache_folder() -> Path:
    """Where converted models and known hashes are kept: ``PYSERINI_XQG_CACHE``, else ``pyserini-xqg`` in the user's
    cache.
    """
    if chosen := os.environ.get("PYSERINI_XQG_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyserini-xqg"


def changed(place: str | Path) -> InputChanged:
    """The error for an input that is no longer what the run found there when it began."""
    return InputChanged(
        f"{place} has changed since this run began: what was read then and what is there now do not belong together. "
        "Run the command again when nothing writes to it any more"
    )


def sync_all(folder: Path) -> None:
    """Make all that is in `folder` durable, in all depths: the content of its files, and their names."""
    for place, _, names in os.walk(folder):
        for path in (*(Path(place, name) for name in names), Path(place)):
            with suppress(FileNotFoundError):  # a file that another process works with
                sync(path)


def sync(path: Path) -> None:
    """Make the content of a file, or the renames in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """Free disk space where `folder` is or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
