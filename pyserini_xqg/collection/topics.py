"""Topics files, Pyserini's form of the users' questions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg.errors import InvalidInput, MissingInput


def read_topics(path: str | Path) -> Iterator[tuple[str, str]]:
    """The (id, text) pairs of a topics file, ``qid TAB text`` a line, as Pyserini's.

    Raises
    ------
    MissingInput
        The file is not there.
    InvalidInput
        A line without a tab, an empty id or text, or a file that is not UTF-8.
    """
    path = Path(path)
    try:
        handle = path.open(encoding="utf-8-sig")
    except OSError as error:
        raise MissingInput(f"{path}: cannot be read ({error.strerror})") from error
    with handle:
        try:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    identifier, tab, text = line.rstrip("\r\n").partition("\t")
                    if not tab or not identifier.strip() or not text.strip():
                        raise InvalidInput(
                            f"{path}:{number}: expected an id, a tab and the question, found {line.strip()[:60]!r}"
                        )
                    yield identifier.strip(), text.strip()
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{path}: not UTF-8 ({error.reason}); convert the file to UTF-8") from error
