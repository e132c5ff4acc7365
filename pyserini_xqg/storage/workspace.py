"""Working folders of unfinished artifacts: their place, their lock, what they are of, and an atomic finish.

An artifact is built in a folder beside its place, ``NAME.partial``. When all is there the manifest ``xqg.json`` is
written and the folder is renamed: what stands at ``NAME`` is always whole. The same command run again after any stop
goes on with the folder; which parts of the work are done is said by :mod:`pyserini_xqg.storage.parts`.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError, XqgError
from pyserini_xqg.storage.files import left_of_shared, sync, write_shared
from pyserini_xqg.storage.identity import differences, identity_of
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.parts import MARKERS


class Workspace:
    """The unfinished form of an artifact.

    Parameters
    ----------
    output : Path
        Where the finished artifact goes.
    identity : dict
        Settings and input fingerprints: what must be equal for the work to go on, as far as it decides on the artifact
        (:mod:`pyserini_xqg.storage.identity`).

    Attributes
    ----------
    folder : Path
        The folder to work in.
    notes : dict
        What was recorded of the work.
    """

    def __init__(self, output: Path, identity: dict[str, Any]):
        self.output = output
        self.folder = partial_folder(output)
        self._progress = self.folder / PROGRESS
        recorded = _recorded(self.folder)
        if recorded is not None:
            begun, asked = identity_of(recorded["identity"]), identity_of(identity)
            if begun != asked:
                raise UsageError(
                    f"{self.folder} holds an unfinished run with other settings or inputs: "
                    f"{differences(begun, asked)}. Run it with those to go on, or remove the folder to start anew"
                )
            identity = recorded["identity"]  # another process may be at work by this record
        self.identity = identity
        self.notes: dict[str, Any] = {} if recorded is None else recorded["notes"]

    def record(self, **notes: Any) -> None:
        """Record what a later run has to know of the work; from now on other settings or inputs are refused."""
        self.notes.update(notes)
        values = {"identity": self.identity, "notes": self.notes}
        write_shared(self._progress, json.dumps(values, indent=2, sort_keys=True) + "\n")

    def finish(self, manifest: Manifest, last: Callable[[], object] = lambda: None) -> None:
        """Write the manifest and put the artifact in its place, where an earlier one gives way.

        Once the manifest is in the folder the work counts as done (:func:`already_made` says so of the folder), and
        this can be called again. `last` removes what only unfinished work needs; it must bear being called twice.
        """
        manifest.write(self.folder)
        last()
        put_in_place(self.output, self.folder)


def begun_settings(output: Path) -> dict[str, Any]:
    """The settings of what stands at `output`, finished or not; none where nothing does.

    Raises
    ------
    InvalidInput
        A manifest or a record is damaged.
    """
    folder = partial_folder(output)
    for place in (output, folder):
        with suppress(MissingInput):
            return Manifest.read(place).settings
    recorded = _recorded(folder)
    return {} if recorded is None else dict(recorded["identity"].get("settings", {}))


def work_in(folder: Path) -> str | None:
    """What is being made in a folder, as a text; None: nothing any more."""
    try:
        return (folder / PROGRESS).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _recorded(folder: Path) -> dict[str, Any] | None:
    """What was recorded of the work in a folder."""
    try:
        values: dict[str, Any] = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        if not isinstance(values["identity"], dict) or not isinstance(values["notes"], dict):
            raise TypeError("no objects")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{folder / PROGRESS}: not the record of an unfinished run; remove {folder} to start anew"
        ) from error
    # Before parts had markers this counted parts, which are done again now, or the steps of a training.
    if step := values.get("parts_done"):
        values["notes"].setdefault("step", step)
    return values


def put_in_place(output: Path, folder: Path | None = None) -> None:
    """Turn a folder with a manifest, ``NAME.partial`` unless given, into ``NAME``; an earlier artifact gives way."""
    folder, output = folder or partial_folder(output), real_place(output)
    earlier = output.with_name(output.name + EARLIER)
    for scratch in (folder / PROGRESS, folder / LOCK, *left_of_shared(folder)):
        scratch.unlink(missing_ok=True)
    shutil.rmtree(folder / MARKERS, ignore_errors=True)
    sync(folder)
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


def real_place(output: Path) -> Path:
    """`output`, or what it is a symbolic link to, be that there or not: an artifact is renamed into its place, and a
    link would give way to it, or stand in its way.

    Raises
    ------
    UsageError
        The link leads back to itself.
    """
    if output.name and not output.is_symlink():
        return output
    try:
        place = output.resolve()
        place.stat()
    except FileNotFoundError:
        return place
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{output} is a symbolic link that leads nowhere ({error}); choose another output") from error
    return place


def partial_folder(output: Path) -> Path:
    """Where an artifact is while it is unfinished: beside its place.

    Raises
    ------
    UsageError
        `output` is the root of the file system, or a link that leads nowhere.
    """
    named = real_place(output)
    if not named.name:
        raise UsageError(f"{output} is there and is no artifact of xqg; choose another output")
    return named.with_name(named.name + ".partial")


def check_place(output: Path) -> None:
    """Refuse an output where something stands that is no artifact of ours.

    Raises
    ------
    UsageError
        It does.
    """
    empty = not output.exists() or (output.is_dir() and not any(output.iterdir()))
    if not empty and not (output / MANIFEST).exists():
        raise UsageError(f"{output} is there and is no artifact of xqg; choose another output, or remove it")


def already_made(output: Path, identity: dict[str, Any]) -> bool:
    """Whether `output` is there already, made with the same settings from the same inputs.

    Raises
    ------
    UsageError
        Something else is there.
    """
    check_place(output)
    if not (output / MANIFEST).exists():
        return False
    manifest = Manifest.read(output)
    found, asked = identity_of({"settings": manifest.settings, "inputs": manifest.inputs}), identity_of(identity)
    if found != asked:
        raise UsageError(
            f"{output} is there, made with other settings or inputs: {differences(found, asked)}. Choose another "
            "output, or remove it"
        )
    return True
