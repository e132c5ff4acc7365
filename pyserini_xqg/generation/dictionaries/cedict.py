"""CC-CEDICT: Chinese words in traditional and simplified characters with English glosses, a line each.

::

    #! license=https://creativecommons.org/licenses/by-sa/4.0/
    河流 河流 [he2 liu2] /river/CL:條|条[tiao2]/
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.glosses import english_words, is_rare

LONGEST = 8  # characters
RARE = 100  # meanings back

_LINE = re.compile(r"(\S+) (\S+) \[[^\]]*\] (?:\S+ )?/(.*)/")


def read_cedict(files: Sequence[Path]) -> Iterator[Translation]:
    """Simplified Chinese for the English words of its glosses.

    How common a word is, is told by how many others have it in them: 河 is in 河流, 黄河 and a hundred more.

    Raises
    ------
    InvalidInput
        A line is of another format.
    """
    entries = []
    for number, line in enumerate(_lines(files[0]), start=1):
        if line.startswith("#") or not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise InvalidInput(
                f"{files[0]}:{number}: {line[:60]!r}; a line of CC-CEDICT is expected: 傳統 传统 [pinyin] /gloss/gloss/"
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
    for line in _lines(files[0]):
        if not line.startswith("#"):
            break
        head.append(line.lstrip("#! ").rstrip())
    return "CC-CEDICT. " + " | ".join(filter(None, head))


def _lines(file: Path) -> Iterator[str]:
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}: not UTF-8 (byte {error.start + 1}); CC-CEDICT's text file is expected") from error
    except (EOFError, zlib.error) as error:
        raise InvalidInput(f"{file}: damaged gzip file ({error})") from error
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror or error})") from error
    yield from text.split("\n")


KIND = SourceKind(read_cedict, origin, ("CC-CEDICT's text file",), frozenset({"zh"}))
