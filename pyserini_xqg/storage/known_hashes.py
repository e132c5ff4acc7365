"""SHA-256 of large files that are looked at again and again, known by their size and time stamps.

A model of 470 MB takes a third of a second to hash, at every opening of an index. A hash is kept in the user's cache
with what the file system says of the file: its size, the nanoseconds at which its content and its entry were last
changed, and its place on the disk (device and inode). Where any of these is another, or what is kept is damaged, the
file is hashed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from pyserini_xqg.storage.files import cache_folder, sha256_of

FOLDER = "sha256"
# Smaller files are hashed in the time that a look into the cache takes.
LEAST_BYTES = 8 << 20
# Coarse clocks of file systems: what was changed just now may change again and keep its time stamps.
SETTLED_SECONDS = 2.0

DIGEST = re.compile("[0-9a-f]{64}")


def known_sha256(file: Path) -> str:
    """The SHA-256 of a file's bytes, from the cache where it has not changed since.

    Raises
    ------
    MissingInput
        It cannot be read.
    """
    stamp = _stamp(file)
    if stamp is None or stamp["size"] < LEAST_BYTES:
        return sha256_of(file)
    try:
        entry = _entry(file)
    except RuntimeError:  # a user without a home
        return sha256_of(file)
    if (digest := _read(entry, stamp)) is not None:
        return digest
    begun = time.time_ns()
    digest = sha256_of(file)
    settled = begun - max(stamp["mtime_ns"], stamp["ctime_ns"]) > SETTLED_SECONDS * 1e9
    if settled and _stamp(file) == stamp:
        _write(entry, {**stamp, "sha256": digest})
    return digest


def _entry(file: Path) -> Path:
    # realpath: a link of the Hugging Face cache is the file that it points to.
    named = hashlib.sha256(os.fsencode(os.path.realpath(file))).hexdigest()
    return cache_folder() / FOLDER / f"{named}.json"


def _stamp(file: Path) -> dict[str, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return {
        "size": found.st_size,
        "mtime_ns": found.st_mtime_ns,
        "ctime_ns": found.st_ctime_ns,
        "device": found.st_dev,
        "inode": found.st_ino,
    }


def _read(entry: Path, stamp: dict[str, int]) -> str | None:
    try:
        values = json.loads(entry.read_bytes())
    except (OSError, ValueError):
        return None
    digest = values.pop("sha256", None) if isinstance(values, dict) else None
    return digest if values == stamp and isinstance(digest, str) and DIGEST.fullmatch(digest) else None


def _write(entry: Path, values: dict[str, int | str]) -> None:
    """Whole or not at all, by a file of its own that takes the entry's place; without a cache it works as well."""
    with suppress(OSError):
        # Whoever can write here says what is in a model: the user, and nobody else.
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=entry.parent, suffix=".tmp")
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                json.dump(values, handle, sort_keys=True)
            unfinished.replace(entry)
        finally:
            unfinished.unlink(missing_ok=True)
