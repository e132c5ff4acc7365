"""Sentences in English and, sentence by sentence, in other languages."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import open_binary

Rows = Mapping[str, Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence, and the row of its English counterpart."""

    row: int
    text: str


@dataclass(frozen=True)
class ParallelText:
    """Parallel sentences, de-duplicated on the English side; small enough for memory.

    Attributes
    ----------
    english : sequence of Passage
        Each sentence once.
    pairs : mapping
        Language to sentences; no two of them have the same English counterpart.
    left_out : mapping
        ``duplicate`` and ``empty`` to language to how many pairs were left out.
    related : mapping
        Id of an English sentence to language to texts that go with it and say something else.
    """

    english: Sequence[Passage]
    pairs: Mapping[str, Sequence[Pair]]
    left_out: Mapping[str, Mapping[str, int]]
    related: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    def only(self, languages: Iterable[str]) -> ParallelText:
        """The same in some languages.

        Raises
        ------
        InvalidInput
            One of them is not there.
        """
        asked = dict.fromkeys(map(language_code, languages))
        if missing := [language for language in asked if language not in self.pairs]:
            raise InvalidInput(f"no sentences in {', '.join(missing)}; there are {', '.join(self.pairs)}")
        pairs = {language: self.pairs[language] for language in asked}
        return ParallelText(self.english, pairs, self.left_out, self.related)


def parallel_text(rows: Rows) -> ParallelText:
    """Parallel text from the (English, other) pairs of each language.

    Pairs with an empty side, and all but the first of those with the same English sentence, are left out.

    Raises
    ------
    InvalidInput
        No language, or one without a pair.
    """
    english: dict[str, int] = {}
    pairs: dict[str, list[Pair]] = {}
    duplicate: Counter[str] = Counter()
    empty: Counter[str] = Counter()
    for language, both in rows.items():
        found: dict[int, Pair] = {}
        for original, other in ((original.strip(), other.strip()) for original, other in both):
            if not original or not other:
                empty[language] += 1
                continue
            row = english.setdefault(original, len(english))
            if row in found:
                duplicate[language] += 1
            else:
                found[row] = Pair(row, other)
        if len(found) < 2:
            raise InvalidInput(
                f"{len(found)} pairs of sentences in {language}; two at least are expected, or there is nothing to "
                "choose from"
            )
        pairs[language] = list(found.values())
    if not pairs:
        raise InvalidInput("no language beside English; parallel sentences are expected")
    passages = [Passage(f"s{row}", text, "") for text, row in english.items()]
    return ParallelText(passages, pairs, {"duplicate": dict(duplicate), "empty": dict(empty)})


def read_line_aligned(english: Mapping[str | None, Path], texts: Iterable[tuple[str, Path]]) -> ParallelText:
    """Parallel text from files whose lines go together, such as those of Tatoeba, NTREX and FLORES.

    Parameters
    ----------
    english : mapping
        Language to the English file that goes with its own, or None to the one that goes with all others.
    texts : iterable of (str, Path)
        Language and file.

    Raises
    ------
    MissingInput
        A file cannot be read.
    InvalidInput
        A language is there twice or has no English file, or two files that go together have not as many lines.
    """
    of_code = {None if name is None else language_code(name): file for name, file in english.items()}
    lines: dict[Path, list[str]] = {}

    def lines_of(file: Path) -> list[str]:
        if file not in lines:
            lines[file] = read_lines(file)
        return lines[file]

    rows: dict[str, list[tuple[str, str]]] = {}
    for name, file in texts:
        language = language_code(name)
        original = of_code.get(language, of_code.get(None))
        if original is None:
            raise InvalidInput(f"{file}: no English file goes with {language}; give one, of it or of all languages")
        if language in rows:
            raise InvalidInput(f"{file}: {language} is there twice; one file a language is expected")
        ours, theirs = lines_of(original), lines_of(file)
        if len(ours) != len(theirs):
            raise InvalidInput(
                f"{file} has {len(theirs):,} lines and {original} has {len(ours):,}; files whose lines go together "
                "are expected"
            )
        rows[language] = list(zip(ours, theirs, strict=True))
    return parallel_text(rows)


def read_lines(file: Path) -> list[str]:
    """The lines of a file, ``.gz`` or not, empty ones too. Only line feeds end them.

    Raises
    ------
    MissingInput
        It cannot be read.
    InvalidInput
        It is not UTF-8, or a damaged gzip file.
    """
    try:
        with open_binary(file) as handle:
            text = handle.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file}: not UTF-8 ({error.reason}); convert the file to UTF-8") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidInput(f"{file}: damaged gzip file ({error})") from error
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [line.removesuffix("\r") for line in lines]
