"""Work in parts that survives a stop: each part that is done has a marker, which fits what is on disk.

A marker is a small JSON file of its own: the SHA-256 of the part's bytes, and the counts of what came of it. It is
renamed into place after the part, so a part that is half written, or was damaged since, is found and done again. Parts
can be done in any order and by any number of processes: a rename is atomic on network file systems too, which a line
appended to a common journal is not. A thousand markers share a folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import MissingInput, XqgError
from pyserini_xqg.storage.files import sha256_of, sync, write_atomically

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
        self._markers = folder / MARKERS / name
        self._sha256 = sha256

    def is_done(self, number: int) -> bool:
        """Whether a part has a marker that fits what is on disk."""
        marker = self._read(number)
        return marker is not None and marker["sha256"] == self._sha256(number)

    def missing(self) -> Iterator[int]:
        """The numbers of the parts that are not done, in rising order; each is looked at when its turn comes."""
        return (number for number in range(self.total) if not self.is_done(number))

    def mark(self, number: int, **counts: Any) -> None:
        """Say that a part is on disk, and what came of it: values that JSON has."""
        marker = self._marker(number)
        marker.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(marker, json.dumps({"sha256": self._sha256(number), "counts": counts}) + "\n")

    def counts(self) -> Iterator[dict[str, Any]]:
        """What came of each part, in the order of their numbers; once all are done.

        Raises
        ------
        XqgError
            The marker of a part is not there.
        """
        for number in range(self.total):
            marker = self._read(number)
            if marker is None:
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
    """

    def __init__(self, folder: Path, name: str, total: int, suffix: str = ".jsonl"):
        super().__init__(folder, name, total, self._file_sha256)
        self._folder, self._name, self._suffix = folder, name, suffix

    def file(self, number: int) -> Path:
        """Where a part is."""
        return self._folder / f"{self._name}-{number:06}{self._suffix}"

    def write(self, number: int, content: str | bytes, **counts: Any) -> None:
        """Write a part, whole or not at all, and mark it."""
        write_atomically(self.file(number), content)
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
