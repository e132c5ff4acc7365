"""CC-CEDICT: Chinese words in traditional and simplified characters with English glosses, a line each.

::

    #! license=https://creativecommons.org/licenses/by-sa/4.0/
    河流 河流 [he2 liu2] /river/CL:條|条[tiao2]/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.glosses import RARE, english_words, is_rare
from pyserini_xqg.storage.text_files import numbered_lines

LONGEST = 8  # characters

_LINE = re.compile(r"(\S+) (\S+) \[[^\]]*\] (?:\S+ )?/(.*)/")


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of CC-CEDICT.

    Attributes
    ----------
    traditional, simplified : str
    glosses : tuple of str
    frequency : int
        How common it is: in how many words it is. 河 is in 河流, 黄河 and a hundred more.
    """

    traditional: str
    simplified: str
    glosses: tuple[str, ...]
    frequency: int

    def meanings(self) -> Iterator[tuple[int, str]]:
        """The English words of its glosses, and how far back they stand."""
        for number, gloss in enumerate(self.glosses):
            position = number + (RARE if is_rare(gloss) else 0)
            yield from ((position, english) for english in english_words(gloss))


def read_cedict(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """Simplified Chinese for the English words of its glosses.

    Raises
    ------
    MissingInput, InvalidInput
        The file cannot be read, or a line is of another format.
    """
    for entry in read_entries(files[0]):
        for position, english in entry.meanings():
            yield Translation(english, entry.simplified, position, entry.frequency)


def read_entries(file: Path) -> list[Entry]:
    """The words of a file, without those that are longer than a query's term, or in Latin letters.

    Raises
    ------
    MissingInput, InvalidInput
        It cannot be read, or a line is of another format.
    """
    entries = []
    for number, line in numbered_lines(file):
        if line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise InvalidInput(
                f"{file}:{number}: {line.strip()[:60]!r}; a line of CC-CEDICT is expected: 傳統 传统 [pinyin] "
                "/gloss/gloss/"
            )
        traditional, simplified, glosses = match.groups()
        if len(simplified) <= LONGEST:
            entries.append((traditional, simplified, tuple(glosses.split("/"))))
    words = {simplified for _, simplified, _ in entries}
    inside = Counter(
        piece
        for word in words
        for piece in {word[start:end] for start in range(len(word)) for end in range(start + 1, len(word) + 1)}
        if piece in words
    )
    return [Entry(*entry, inside[entry[1]]) for entry in entries if not entry[1].isascii()]


def origin(files: Sequence[Path]) -> str:
    """The comment at the beginning of the file, which names the licence."""
    head = []
    for _, line in numbered_lines(files[0]):
        if not line.startswith("#"):
            break
        head.append(line.lstrip("#! ").rstrip())
    return "CC-CEDICT. " + " | ".join(filter(None, head))


KIND = SourceKind(read_cedict, origin, ("CC-CEDICT's text file",), frozenset({"zh"}))
