"""Work in parts that survives a stop: each part that is done has a marker, which fits what is on disk.

A marker is a small JSON file of its own: the SHA-256 of the part's bytes, and the counts of what came of it. It is
renamed into place after the part, so a part that is half written, or was damaged since, is found and done again. Parts
can be done in any order and by any number of processes: a rename is atomic on network file systems too, which a line
appended to a common journal is not. A thousand markers share a folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import MissingInput, XqgError
from pyserini_xqg.storage.files import sha256_of, sync, write_atomically, write_shared

MARKERS = "parts"
PER_FOLDER = 1000


class Parts:
    """The parts of some work.

    Parameters
    ----------
    folder : Path
        Of the unfinished artifact; the markers stand in ``parts/NAME/`` in it.
    name : str
        Of the work, which nothing else in this folder has.
    total : int
        How many parts there are.
    sha256 : callable
        Gives the SHA-256 of what a part, by number, has on disk; None where that is not there.
    """

    def __init__(self, folder: Path, name: str, total: int, sha256: Callable[[int], str | None]):
        self.total = total
        self._folder = folder
        self._markers = folder / MARKERS / name
        self._sha256 = sha256

    def is_done(self, number: int) -> bool:
        """Whether a part has a marker that fits what is on disk."""
        marker = self._read(number)
        return marker is not None and marker["sha256"] == self._sha256(number)

    def missing(self, among: Iterable[int] | None = None) -> Iterator[int]:
        """The numbers of the parts that are not done, in rising order; each is looked at when its turn comes.

        `among` says which parts are looked at, None: all.
        """
        return (number for number in (range(self.total) if among is None else among) if not self.is_done(number))

    def unmarked(self) -> Iterator[int]:
        """The numbers of the parts that have no marker, whatever is on disk: those that nobody has done yet."""
        for first in range(0, self.total, PER_FOLDER):
            # A folder that is listed is looked at anew; on a network file system a file that was not there a moment
            # ago may not be.
            with suppress(FileNotFoundError):
                there = {file.name for file in self._marker(first).parent.iterdir()}
                numbers = range(first, min(first + PER_FOLDER, self.total))
                yield from (number for number in numbers if self._marker(number).name not in there)
                continue
            yield from range(first, min(first + PER_FOLDER, self.total))

    def mark(self, number: int, **counts: Any) -> None:
        """Say that a part is on disk, and what came of it: values that JSON has."""
        marker = self._marker(number)
        # Not the unfinished folder itself: another process may have put it in its place.
        for folder in reversed([each for each in marker.parents if self._folder in each.parents]):
            folder.mkdir(exist_ok=True)
        write_shared(marker, json.dumps({"sha256": self._sha256(number), "counts": counts}) + "\n")

    def counts(self) -> Iterator[dict[str, Any]]:
        """What came of each part, in the order of their numbers; once all are done.

        Raises
        ------
        XqgError
            The marker of a part is not there.
        FileNotFoundError
            Nor is the folder: another process has put it in its place.
        """
        for number in range(self.total):
            marker = self._read(number)
            if marker is None:
                self._folder.stat()
                raise XqgError(
                    f"{self._marker(number)}: no whole marker, though its part was done; was the folder changed? Run "
                    "the same command again, it does this part anew"
                )
            yield marker["counts"]

    def forget(self, number: int) -> None:
        """Take a part's marker away."""
        self._marker(number).unlink(missing_ok=True)

    def _marker(self, number: int) -> Path:
        return self._markers / f"{number // PER_FOLDER:03}" / f"{number:06}.json"

    def _read(self, number: int) -> dict[str, Any] | None:
        """A marker; None where there is none, or no whole one."""
        try:
            marker = json.loads(self._marker(number).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        is_whole = isinstance(marker, dict) and marker.get("sha256") and isinstance(marker.get("counts"), dict)
        return marker if is_whole else None


class FileParts(Parts):
    """Parts that are a file each: ``NAME-000000.jsonl``, ``NAME-000001.jsonl``, ...

    Parameters
    ----------
    folder, name, total
        See :class:`Parts`.
    suffix : str
        Of the files.
    shared : bool
        Whether several processes may do a part at once. What they leave when they are killed is left to the caller.
    """

    def __init__(self, folder: Path, name: str, total: int, suffix: str = ".jsonl", shared: bool = False):
        super().__init__(folder, name, total, self._file_sha256)
        self._name, self._suffix, self._shared = name, suffix, shared

    def file(self, number: int) -> Path:
        """Where a part is."""
        return self._folder / f"{self._name}-{number:06}{self._suffix}"

    def write(self, number: int, content: str | bytes, **counts: Any) -> None:
        """Write a part, whole or not at all, and mark it."""
        (write_shared if self._shared else write_atomically)(self.file(number), content)
        self.mark(number, **counts)

    @contextmanager
    def writing(self, number: int, **counts: Any) -> Iterator[Path]:
        """A file to write a large part in: it takes the part's place, and is marked, when the block has ended."""
        file = self.file(number)
        unfinished = file.with_name(file.name + ".tmp")
        yield unfinished
        sync(unfinished)
        unfinished.replace(file)
        sync(file.parent)
        self.mark(number, **counts)

    def remove(self, number: int) -> None:
        """Take a part away."""
        self.forget(number)
        self.file(number).unlink(missing_ok=True)

    def _file_sha256(self, number: int) -> str | None:
        try:
            return sha256_of(self.file(number))
        except MissingInput:
            return None
