"""End of work that several processes share: one of them takes the folder, and it alone puts it in its place.

It renames ``NAME.partial`` to ``NAME.finishing-K``, K its own number. Of several that try, one succeeds, on network
file systems too, where locks may be lacking. If it is killed, it takes the folder up again when it is run again.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

from pyserini_xqg.errors import FolderLost, UsageError, XqgError
from pyserini_xqg.storage.files import sync
from pyserini_xqg.storage.manifest import MANIFEST
from pyserini_xqg.storage.workspace import partial_folder, real_place

# Of file systems that two machines share, where one has renamed what the other has open.
GONE = (errno.ENOENT, errno.ESTALE)


def take(output: Path, finisher: int) -> Path:
    """Take the unfinished folder of `output`.

    Raises
    ------
    FileNotFoundError
        It is not there: another process has taken it.
    """
    folder = partial_folder(output)
    taken = _taken(output, str(finisher))
    folder.rename(taken)
    sync(taken.parent)
    return taken


@contextmanager
def held(taken: Path, output: Path) -> Iterator[None]:
    """While a process puts the folder that it has taken in the place of `output`.

    Raises
    ------
    FolderLost
        What is done there failed, because the folder is gone.
    """
    try:
        yield
    except (OSError, XqgError) as error:
        if taken.exists():
            raise
        raise FolderLost(f"another process finishes {output}, and has taken it from this one: wait for that") from error


def taken_folders(output: Path) -> list[Path]:
    """The folders that processes have taken and not yet put in their place."""
    place = real_place(output)
    return sorted(place.parent.glob(_taken(place.with_name(escape(place.name)), "*").name))


def take_up(output: Path, finisher: int | None = None) -> None:
    """Turn what a process has taken back into the unfinished folder: what `finisher` has, None: whoever has it.

    Raises
    ------
    UsageError
        There is an unfinished folder as well.
    """
    folder = partial_folder(output)
    for taken in taken_folders(output):
        if finisher is None or taken == _taken(output, str(finisher)):
            with suppress(OSError):
                folder.rmdir()  # a run that came too late may have made it
            try:
                taken.rename(folder)
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                raise UsageError(
                    f"{taken} is whole but for its last step, and {folder} is there as well: remove {folder} when no "
                    "process is at work in it, and run the same command again"
                ) from error


def take_up_whole(output: Path, finisher: int | None) -> Path | None:
    """Take up what `finisher`, None: anyone, had taken, and take it again if it is whole but for its last step."""
    take_up(output, finisher)
    return take(output, finisher or 0) if (partial_folder(output) / MANIFEST).exists() else None


def _taken(output: Path, finisher: str) -> Path:
    place = real_place(output)
    return place.with_name(f"{place.name}.finishing-{finisher}")
