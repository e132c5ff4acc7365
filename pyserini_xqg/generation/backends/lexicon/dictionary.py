"""Bilingual dictionaries in DICT format, as FreeDict publishes them and Debian installs them.

An ``.index`` has a line for each headword: the headword, and the entry's offset and length in the ``.dict`` or
``.dict.dz`` (gzip) beside it, both in base 64 (dictfmt(1); the digits are those of RFC 4648, the most significant
first). An entry is text: the headword with its pronunciation, then senses, numbered or not, with indented examples and
references, and glosses in English.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

from iso639 import Lang

from pyserini_xqg.collection.languages import canonical_code, language_name
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite
from pyserini_xqg.storage.text_files import errors_named, open_binary

FOLDER = Path("/usr/share/dictd")  # where Debian's packages put them
DIGITS = {digit: value for value, digit in enumerate(string.ascii_uppercase + string.ascii_lowercase + "0123456789+/")}
ENDINGS = (
    ("s", ""),
    ("ies", "y"),
    ("es", ""),
    ("es", "e"),
    ("men", "man"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("est", "e"),
)
MOST_WORDS, MOST_CHARACTERS = 3, 40
MOST_REMEMBERED = 1_000_000

_NUMBERED = re.compile(r"\s?(?:[IVX]+\.\s*(?:<[^>]*>)?\s*(?:\d+\.)?|\d+\.)\s*(.*)")
_REMARK = re.compile(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|\s\d+\.$")
_SEPARATOR = re.compile(r"[,;/،؛、]")
_BRACKETS = frozenset("<>[](){}")
_AROUND = ' .!?"…*<>[](){}'  # brackets that were never opened or never closed, too
_STRESS = "\u0301"  # FreeDict marks it in Cyrillic, where nobody writes it


class Dictionary:
    """What English words mean in another language. Entries are read when they are asked for.

    Parameters
    ----------
    index : Path
        The ``.index`` file.

    Attributes
    ----------
    sha256 : str
        Of both files.

    Raises
    ------
    MissingInput
        A file is not there.
    InvalidInput
        A file is damaged, or an offset points to nowhere.
    """

    def __init__(self, index: Path):
        lines, self._text = _read_bytes(index), _read_entries(index)
        self.sha256 = hashlib.sha256(lines + self._text).hexdigest()
        self._places: dict[str, list[tuple[int, int]]] = {}
        for number, line in enumerate(lines.splitlines(), start=1):
            headword, start, end = _parse(line, len(self._text), f"{index}:{number}")
            if not headword.startswith("00database"):
                self._places.setdefault(headword, []).append((start, end))
        if not self._places:
            raise InvalidInput(f"{index}: no headword; a dictionary in DICT format is expected")
        self._phrase_starts = {headword.split()[0] for headword in self._places if " " in headword.strip()}
        self._senses: dict[str, tuple[str, ...]] = {}
        self._headwords: dict[str, str | None] = {}  # a text has the same words again and again

    def headword(self, words: Sequence[str]) -> str | None:
        """The headword with translations for words as they stand in a text, or their base form; None without one."""
        if len(words) > 1 and _key(words[0]) not in self._phrase_starts:
            return None
        phrase = " ".join(words)
        if phrase not in self._headwords:
            folded = _key(phrase)
            forms = (form for form in (folded, *_base_forms(folded)) if form in self._places and self.senses(form))
            if len(self._headwords) > MOST_REMEMBERED:
                self._headwords.clear()
            self._headwords[phrase] = next(forms, None)
        return self._headwords[phrase]

    def senses(self, headword: str) -> tuple[str, ...]:
        """The translations of a headword, in the dictionary's order."""
        if headword not in self._senses:
            entries = (
                composed(self._text[start:end].decode("utf-8", "replace")) for start, end in self._places[headword]
            )
            found = (sense for entry in entries for sense in _translations(entry.split("\n")[1:]))
            self._senses[headword] = tuple(dict.fromkeys(found))
        return self._senses[headword]


def find_dictionary(language: str, folder: Path) -> Path:
    """The ``.index`` file of the dictionary from English to a language, by code.

    Raises
    ------
    MissingPrerequisite
        There is none.
    """
    found = dictionaries(folder)
    if language not in found:
        there = f"there are some to {', '.join(sorted(found))}" if found else "there is none at all"
        raise MissingPrerequisite(
            f"no dictionary from English to {language_name(language)} in {folder}; {there}. FreeDict's are packages of "
            f"Debian (dict-freedict-eng-{Lang(language).pt3} if it exists; apt search dict-freedict-eng lists "
            "them), or at "
            "freedict.org: unpack one into a folder and name that with --dictionaries"
        )
    return found[language]


def dictionaries(folder: Path) -> dict[str, Path]:
    """The dictionaries from English in a folder and those below, by language code."""
    found: dict[str, Path] = {}
    for index in sorted(folder.rglob("*eng-???.index")):
        try:
            code = canonical_code(index.stem[-3:])
        except InvalidInput:  # some other file
            continue
        found.setdefault(code, index)
    return found


def _key(phrase: str) -> str:
    """A word or phrase as dictfmt writes headwords: lower case, letters, digits and blanks only."""
    folded = composed(phrase).casefold()
    return folded if folded.isalnum() else "".join(c for c in folded if c.isalnum() or c == " ")


def _base_forms(word: str) -> Iterator[str]:
    """What an inflected English word may come from, by the rules of detachment of WordNet (morphy(7WN))."""
    for ending, base in ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word.removesuffix(ending) + base


def _read_entries(index: Path) -> bytes:
    packed = index.with_suffix(".dict.dz")
    return _read_bytes(packed if packed.exists() else index.with_suffix(".dict"))


def _read_bytes(file: Path) -> bytes:
    with open_binary(file) as handle, errors_named(file):
        return handle.read()


def _parse(line: bytes, size: int, place: str) -> tuple[str, int, int]:
    """The headword of a line of the index, and where its entry begins and ends in a text of `size` bytes."""
    try:
        headword, offset, length = line.decode("utf-8").split("\t")[:3]
        start = _number(offset)
        end = start + _number(length)
    except (ValueError, KeyError) as error:
        raise InvalidInput(
            f"{place}: {line[:60]!r}; a headword, an offset and a length in base 64, separated by tabs, are expected"
        ) from error
    if end > size:
        raise InvalidInput(
            f"{place}: the entry of {headword!r} ends at byte {end:,} of {size:,}; are the .index and the .dict "
            "beside it "
            "whole, and of one version?"
        )
    return _key(headword), start, end


def _number(digits: str) -> int:
    if not digits:
        raise ValueError("no digits")
    value = 0
    for digit in digits:
        value = 64 * value + DIGITS[digit]
    return value


def _translations(lines: list[str]) -> Iterator[str]:
    """The translations in the lines below a headword.

    They are in the numbered lines, or in the first line with text where none has a number; indented lines are examples
    and references, other lines English glosses.
    """
    first = True
    for line in lines:
        if line.startswith("   ") or not line.strip():
            continue
        numbered = _NUMBERED.fullmatch(line)
        if not (first or numbered):
            continue
        first = False
        text = numbered.group(1) if numbered else line
        text = _REMARK.sub(" ", text.replace("~", " ").replace("_", " ").replace(_STRESS, ""))
        # Some dictionaries have phrases of the headword in the same line, after a full stop.
        for part in _SEPARATOR.split(re.split(r"\.\s", text)[0]):
            words = [word for word in part.split() if any(map(str.isalnum, word))]
            sense = " ".join(words).strip(_AROUND)
            if sense and len(sense) <= MOST_CHARACTERS and len(words) <= MOST_WORDS and not _BRACKETS & set(sense):
                yield sense
