"""Folders that explain themselves: a manifest, an atomic finish, and work that can be stopped at any moment.

An artifact is built in a folder beside its place, ``NAME.partial``, part by part. When all is there the manifest
``xqg.json`` is written and the folder is renamed: what stands at ``NAME`` is always whole. The same command run again
after any stop goes on at the first part that was not recorded as done.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError, XqgError

MANIFEST = "xqg.json"
FORMAT = 1
PACKAGES = (
    "pyserini-xqg",
    "pyserini",
    "torch",
    "transformers",
    "sentence-transformers",
    "faiss-cpu",
    "ctranslate2",
    "openai",
    "numpy",
)


@dataclass
class Manifest:
    """What an artifact is, what made it and what from.

    Parameters
    ----------
    kind : str
        ``index``, ``encoder``, ``queries``, ``model``, ...
    settings : dict
        All that decides on the content; two artifacts with equal settings and inputs are equal.
    inputs : dict
        Fingerprints of what it was made from.
    counts : dict
        What it holds, and what was left out and why.
    details : dict
        What was found on the way and a reader may want.
    packages : dict
        Versions of the packages that made it.
    """

    kind: str
    settings: dict[str, Any]
    inputs: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=lambda: package_versions())
    format: int = FORMAT

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of an artifact.

        Raises
        ------
        MissingInput
            The folder or its manifest is not there.
        InvalidInput
            The manifest is damaged, or of a later format than this version reads.
        """
        file = folder / MANIFEST
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            manifest = cls(**values)
        except OSError as error:
            raise MissingInput(f"{file}: cannot be read ({error.strerror}); an artifact of xqg is expected") from error
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"{file}: not a manifest of xqg ({error})") from error
        if manifest.format > FORMAT:
            raise InvalidInput(
                f"{file}: format {manifest.format}; this version reads up to {FORMAT}. Install a newer pyserini-xqg"
            )
        return manifest

    def write(self, folder: Path) -> None:
        """Write the manifest, whole or not at all."""
        write_atomically(
            folder / MANIFEST, json.dumps(asdict(self), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        )


def holds_encoder(folder: str) -> bool:
    """Whether a folder names an encoder of ours: its manifest is there and says so."""
    try:
        with Path(folder, MANIFEST).open(encoding="utf-8") as handle:
            values = json.load(handle)
    except (OSError, ValueError):
        return False
    settings = values.get("settings") if isinstance(values, dict) else None
    return isinstance(settings, dict) and "encoder" in settings


def package_versions(*more: str) -> dict[str, str]:
    """The versions of the packages whose version can change an artifact, and of `more`, of those that are there."""
    found = {}
    for package in (*PACKAGES, *more):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


class Workspace:
    """The unfinished form of an artifact.

    Parameters
    ----------
    output : Path
        Where the finished artifact goes.
    identity : dict
        Settings and input fingerprints: what must be equal for the work to go on.

    Attributes
    ----------
    folder : Path
        The folder to work in.
    parts_done : int
        How many parts were recorded as done.
    """

    def __init__(self, output: Path, identity: dict[str, Any]):
        self.output = output
        self.folder = partial_folder(output)
        self._progress = self.folder / PROGRESS
        recorded = self._read()
        if recorded is not None and recorded["identity"] != identity:
            raise UsageError(
                f"{self.folder} holds an unfinished run with other settings or inputs: "
                f"{differences(recorded['identity'], identity)}. "
                f"Run it with those to go on, or remove the folder to start anew"
            )
        self.identity = identity
        self.parts_done: int = 0 if recorded is None else recorded["parts_done"]
        self.notes: dict[str, Any] = {} if recorded is None else recorded["notes"]

    def record(self, parts_done: int, **notes: Any) -> None:
        """Record that the first `parts_done` parts are on disk, with what a later run has to know of them."""
        self.notes.update(notes)
        self.parts_done = parts_done
        values = {"identity": self.identity, "parts_done": parts_done, "notes": self.notes}
        write_atomically(self._progress, json.dumps(values, indent=2, sort_keys=True) + "\n")

    def finish(self, manifest: Manifest, last: Callable[[], object] = lambda: None) -> None:
        """Write the manifest and put the artifact in its place, where an earlier one gives way.

        Once the manifest is in the folder the work counts as done (:func:`already_made` says so of the folder), and
        this can be called again. `last` removes what only unfinished work needs; it must bear being called twice.
        """
        manifest.write(self.folder)
        last()
        put_in_place(self.output)

    def _read(self) -> dict[str, Any] | None:
        if not self._progress.exists():
            return None
        values: dict[str, Any] = json.loads(self._progress.read_text(encoding="utf-8"))
        return values


def put_in_place(output: Path) -> None:
    """Turn a folder with a manifest from ``NAME.partial`` into ``NAME``, where an earlier artifact gives way."""
    folder, earlier = partial_folder(output), output.with_name(output.name + EARLIER)
    for scratch in (PROGRESS, LOCK):
        (folder / scratch).unlink(missing_ok=True)
    if (output / MANIFEST).exists():
        shutil.rmtree(earlier, ignore_errors=True)
        output.replace(earlier)
    folder.replace(output)
    sync(output.parent)
    shutil.rmtree(earlier, ignore_errors=True)


LOCK = "lock"
EARLIER = ".xqg-earlier"
PROGRESS = "progress.json"


@contextmanager
def working_folder(output: Path) -> Iterator[Path]:
    """The folder ``NAME.partial`` beside `output`, made if need be and locked against a second run."""
    from filelock import FileLock, Timeout

    with shared_folder(output) as folder:
        try:
            with FileLock(folder / LOCK).acquire(blocking=False):
                try:
                    yield folder
                finally:
                    if folder.is_dir() and {file.name for file in folder.iterdir()} <= {LOCK}:
                        (folder / LOCK).unlink(missing_ok=True)  # nothing came of it
        except Timeout as error:
            raise UsageError(f"another run is at work on {output}: wait for it, or choose another output") from error


@contextmanager
def shared_folder(output: Path) -> Iterator[Path]:
    """The folder ``NAME.partial`` beside `output`, made if need be, for runs that take care of each other.

    A full disk, a folder that cannot be written and the like end the block with an error that says what to do.
    """
    folder = partial_folder(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise XqgError(
                f"no space is left for {folder}; free some and run the same command again, it goes on where it stopped"
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise MissingInput(
                f"{error.filename or folder}: {error.strerror}; a folder that can be written is expected"
            ) from error
        raise
    finally:
        with suppress(OSError):
            folder.rmdir()  # if nothing came of it


@contextmanager
def alone(place: Path, wait: bool = True) -> Iterator[bool]:
    """Lock `place` by a file ``NAME.lock`` beside it, which goes afterwards; without `wait` False if another has it."""
    from filelock import FileLock, Timeout

    lock = FileLock(place.with_name(place.name + ".lock"))
    try:
        lock.acquire(blocking=wait)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)  # whoever waits for it sees that it went, and makes another
        lock.release()


def partial_folder(output: Path) -> Path:
    """Where an artifact is while it is unfinished.

    Raises
    ------
    UsageError
        `output` is the root of the file system.
    """
    named = output if output.name else output.resolve()  # "." has no name
    if not named.name:
        raise UsageError(f"{output} is there and is no artifact of xqg; choose another output")
    return named.with_name(named.name + ".partial")


def already_made(output: Path, identity: dict[str, Any]) -> bool:
    """Whether `output` is there already, made with the same settings from the same inputs.

    Raises
    ------
    UsageError
        Something else is there.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return False
    if not (output / MANIFEST).exists():
        raise UsageError(f"{output} is there and is no artifact of xqg; choose another output, or remove it")
    manifest = Manifest.read(output)
    found = {"settings": manifest.settings, "inputs": manifest.inputs}
    if found != identity:
        raise UsageError(
            f"{output} is there, made with other settings or inputs: {differences(found, identity)}. Choose another "
            "output, or remove it"
        )
    return True


def differences(found: dict[str, Any], asked: dict[str, Any]) -> str:
    """Two nested dictionaries' differences in words, both values named."""
    flat_found, flat_asked = dict(_flatten(found)), dict(_flatten(asked))
    keys = [key for key in {**flat_found, **flat_asked} if flat_found.get(key) != flat_asked.get(key)]
    return "; ".join(f"{key} was {flat_found.get(key)!r}, now {flat_asked.get(key)!r}" for key in keys)


def _flatten(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def write_atomically(file: Path, text: str) -> None:
    """Write a small file so that a reader, or a run after a crash, sees the old text or the new one."""
    temporary = file.with_name(file.name + ".tmp")
    with temporary.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(file)
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


def sync(folder: Path) -> None:
    """Make renames in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int:
    """Free disk space where `folder` is or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
