"""How often words occur in a language: lists of a word and a count a line, which rank translations."""

from __future__ import annotations

from pathlib import Path

from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.text_files import numbered_lines


def read_frequencies(file: str | Path) -> dict[str, float]:
    """Word to count; words that differ in case only are one, in small letters.

    A word and its count are separated by a tab, or by a blank; what follows does not count.

    Raises
    ------
    MissingInput, InvalidInput
        The file cannot be read, or a line has no count.
    """
    found: dict[str, float] = {}
    for number, line in numbered_lines(file):
        word, *rest = line.rstrip("\n").split("\t" if "\t" in line else " ")
        try:
            count = float(rest[0])
            if not 0 <= count < float("inf"):
                raise ValueError
        except (IndexError, ValueError):
            raise InvalidInput(
                f"{file}:{number}: {line.strip()[:60]!r}; a word and a count are expected, separated by a tab or a "
                "blank: 河流 1234"
            ) from None
        key = composed(word).casefold()
        found[key] = found.get(key, 0.0) + count
    return found
