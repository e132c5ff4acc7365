"""Sino-Korean and Sino-Vietnamese words: those of CC-CEDICT, each character read as Unihan says.

Most learned words of Korean and Vietnamese are Chinese ones in their own reading: 政府, government, is 정부 and chính
phủ. What only Chinese says is among them too, and more of it: better sources go before, and a list of the
language's words (``--frequencies``) leaves it out. Names are left out: Chinese spells them by sound.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.generation.dictionaries import cedict
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.storage.text_files import numbered_lines

FIELDS = {"ko": "kHangul", "vi": "kVietnamese"}
BLANKS = {"ko": "", "vi": " "}
_LINE = re.compile(r"U\+([0-9A-F]{4,5})\t(\w+)\t(.+)")

SHORTEST, LONGEST = 2, 4  # characters: one alone is hardly ever a word

# At the beginning of a Korean word ㄹ is ㄴ, and neither is spoken before i and y.
_R, _N, _SILENT = "\u1105", "\u1102", "\u110b"
_I_AND_Y = frozenset("\u1163\u1164\u1167\u1168\u116d\u1172\u1175")


def read_readings(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """Chinese words in the reading of the language.

    Raises
    ------
    MissingInput, InvalidInput
        A file cannot be read, or is of another format.
    """
    readings = _readings(files[1], FIELDS[language])
    for entry in cedict.read_entries(files[0]):
        word = entry.traditional
        if SHORTEST <= len(word) <= LONGEST and all(character in readings for character in word):
            read = BLANKS[language].join(readings[character] for character in word)
            foreign = _at_the_beginning(read) if language == "ko" else read
            for position, english in entry.meanings():
                if english.islower():
                    yield Translation(english, foreign, position, entry.frequency)


def _readings(file: Path, field: str) -> dict[str, str]:
    """The reading of each character that has one, or one that schools teach.

    Of several in Vietnamese, which stand in the order of the alphabet, most are of native words.
    """
    found: dict[str, str] = {}
    for _, line in numbered_lines(file):
        match = _LINE.fullmatch(line.strip())
        if match is not None and match[2] == field:
            values = match[3].split()
            taught = [each for each in values if "E" in each.partition(":")[2]] or values
            if len(taught) == 1:
                found[chr(int(match[1], 16))] = taught[0].partition(":")[0]
    if not found:
        raise InvalidInput(f"{file}: no line with {field}; Unihan_Readings.txt is expected")
    return found


def _at_the_beginning(word: str) -> str:
    """A Korean word with its first sound as it is written at the beginning."""
    first, *rest = list(unicodedata.normalize("NFD", word[0]))
    if first in (_R, _N) and rest and rest[0] in _I_AND_Y:
        first = _SILENT
    elif first == _R:
        first = _N
    return composed("".join([first, *rest])) + word[1:]


def origin(files: Sequence[Path]) -> str:
    """What both files say of themselves."""
    head: list[str] = []
    for _, line in numbered_lines(files[1]):
        if not line.startswith("#") or len(head) == 8:
            break
        head.append(line.lstrip("# ").rstrip())
    return f"{cedict.origin(files)} + Unihan. {' | '.join(filter(None, head))}"


KIND = SourceKind(
    read_readings,
    origin,
    ("CC-CEDICT's text file", "Unihan_Readings.txt of Unicode"),
    frozenset(FIELDS),
    guesses=True,
)
