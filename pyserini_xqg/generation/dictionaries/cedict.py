"""CC-CEDICT: Chinese words in traditional and simplified characters with English glosses, a line each.

::

    #! license=https://creativecommons.org/licenses/by-sa/4.0/
    河流 河流 [he2 liu2] /river/CL:條|条[tiao2]/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.glosses import english_words, is_rare
from pyserini_xqg.storage.text_files import numbered_lines

LONGEST = 8  # characters
RARE = 100  # meanings back

_LINE = re.compile(r"(\S+) (\S+) \[[^\]]*\] (?:\S+ )?/(.*)/")


def read_cedict(files: Sequence[Path]) -> Iterator[Translation]:
    """Simplified Chinese for the English words of its glosses.

    How common a word is, is told by how many others have it in them: 河 is in 河流, 黄河 and a hundred more.

    Raises
    ------
    MissingInput, InvalidInput
        The file cannot be read, or a line is of another format.
    """
    entries = []
    for number, line in numbered_lines(files[0]):
        if line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise InvalidInput(
                f"{files[0]}:{number}: {line.strip()[:60]!r}; a line of CC-CEDICT is expected: 傳統 传统 [pinyin] "
                "/gloss/gloss/"
            )
        entries.append((match.group(2), match.group(3).split("/")))
    words = {word for word, _ in entries if len(word) <= LONGEST}
    inside = Counter(
        piece
        for word in words
        for piece in {word[start:end] for start in range(len(word)) for end in range(start + 1, len(word) + 1)}
        if piece in words
    )
    for word, glosses in entries:
        if word in words and not word.isascii():
            for number, gloss in enumerate(glosses):
                position = number + (RARE if is_rare(gloss) else 0)
                for english in english_words(gloss):
                    yield Translation(english, word, position, inside[word])


def origin(files: Sequence[Path]) -> str:
    """The comment at the beginning of the file, which names the licence."""
    head = []
    for _, line in numbered_lines(files[0]):
        if not line.startswith("#"):
            break
        head.append(line.lstrip("#! ").rstrip())
    return "CC-CEDICT. " + " | ".join(filter(None, head))


KIND = SourceKind(read_cedict, origin, ("CC-CEDICT's text file",), frozenset({"zh"}))
