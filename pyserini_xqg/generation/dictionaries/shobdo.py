"""The Bengali dictionary of the package ``shobdo``, a SQLite file: words with meanings, examples and English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import regex

from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.databases import rows
from pyserini_xqg.generation.dictionaries.glosses import english_words

EXPECTED = "dictionary.db of the package shobdo"

_WORD = regex.compile(r"[\p{L}\p{M}]+")


def read_shobdo(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """Bengali for the English of its entries; how common a word is, is told by the explanations of all others.

    Raises
    ------
    MissingInput, InvalidInput
        It cannot be read, or is another file.
    """
    entries, texts = [], Counter[str]()
    for word, english, *explained in rows(
        files[0], "select word, english_translation, meanings, examples from words order by id", EXPECTED
    ):
        entries.append((composed(word), english or ""))
        texts.update(_WORD.findall(composed(" ".join(filter(None, explained)))))
    for word, english in entries:
        for position, gloss in enumerate(english.split("/")):
            text = gloss.strip()
            # All begin with a capital, so that it says nothing.
            for found in english_words(text[:1].lower() + text[1:]):
                yield Translation(found, word, position, 1 + texts[word])


def origin(files: Sequence[Path]) -> str:
    """The licence that the package declares; the file names none."""
    return f"Shobdo, {files[0].name} of the package shobdo (Apache-2.0)"


KIND = SourceKind(read_shobdo, origin, ("dictionary.db",), frozenset({"bn"}))
