"""Dictionaries in DICT format: from English as they are, to English inverted, and two in a row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pyserini_xqg.generation.backends.lexicon.casing import capitals_tell_names, in_small_letters
from pyserini_xqg.generation.backends.lexicon.dict_files import places, read_entries, read_index
from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.backends.lexicon.entries import headword_of, translations
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.glosses import english_words

NEAR = 3  # meanings that are followed on the way through a third language


def read_dict(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """A dictionary from English, as it is."""
    dictionary = Dictionary(files[0])
    for headword, senses in dictionary.entries():
        for position, foreign in enumerate(senses):
            yield Translation(headword, foreign, position)


def read_inverted(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """A dictionary to English, turned round.

    One that begins all its English words with a capital has them in small letters: none of them is a name then.
    """
    found = list(_inverted(files[0]))
    if not capitals_tell_names([each.english for each in found]):
        found = [replace(each, english=in_small_letters(each.english)) for each in found]
    yield from found


def _inverted(index: Path) -> Iterator[Translation]:
    lines, entries = read_index(index), read_entries(index)
    read = dict.fromkeys(
        (start, end) for key, start, end in places(lines, len(entries), index) if not key.startswith("00")
    )
    for start, end in read:
        first, *rest = entries[start:end].decode("utf-8", "replace").split("\n")
        words = translations([headword_of(first)])
        for position, gloss in enumerate(translations(rest)):
            for english in english_words(gloss):
                for foreign in words:
                    yield Translation(english, foreign, position)


def read_pivot(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """A dictionary from English to a third language, followed by one from there.

    What several words of the third language lead to comes before what one does.
    """
    to_third, from_third = Dictionary(files[0]), Dictionary(files[1])
    for headword, thirds in to_third.entries():
        nearest: dict[str, int] = {}
        ways: Counter[str] = Counter()
        for first, third in enumerate(thirds[:NEAR]):
            for second, foreign in enumerate(from_third.senses(third)[:NEAR]):
                nearest[foreign] = min(first + second, nearest.get(foreign, 2 * NEAR))
                ways[foreign] += 1
        for foreign, position in nearest.items():
            yield Translation(headword, foreign, position, ways[foreign])


def origin(files: Sequence[Path]) -> str:
    """What the dictionaries say of themselves."""
    return " + ".join(map(_about, files))


def _about(index: Path) -> str:
    lines, entries = read_index(index), read_entries(index)
    said = [
        entries[start:end].decode("utf-8", "replace")
        for key, start, end in places(lines, len(entries), index)
        if key.startswith(("00databaseinfo", "00-database-info", "00databaseshort", "00-database-short"))
    ]
    return f"{index.stem}: " + " ".join(re.sub(r"00-?database-?\w+", "", " ".join(said)).split())


FROM_ENGLISH = SourceKind(read_dict, origin, ("the .index from English",))
INVERTED = SourceKind(read_inverted, origin, ("the .index to English",))
PIVOT = SourceKind(read_pivot, origin, ("the .index from English to a third language", "the .index from there"))
