"""Topics files, Pyserini's form of the users' questions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.text_files import numbered_lines


def read_topics(path: str | Path) -> Iterator[tuple[str, str]]:
    """The (id, text) pairs of a topics file, ``qid TAB text`` a line, gzipped or not, as Pyserini's.

    Raises
    ------
    MissingInput
        The file is not there.
    InvalidInput
        A line without a tab, an empty id or text, or a file that is not UTF-8.
    """
    for number, line in numbered_lines(path):
        identifier, tab, text = line.rstrip("\r\n").partition("\t")
        if not tab or not identifier.strip() or not text.strip():
            raise InvalidInput(f"{path}:{number}: expected an id, a tab and the question, found {line.strip()[:60]!r}")
        yield identifier.strip(), text.strip()
