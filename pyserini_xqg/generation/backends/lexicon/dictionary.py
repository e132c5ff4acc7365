"""Bilingual dictionaries in DICT format, as FreeDict publishes them and Debian installs them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from iso639 import Lang

from pyserini_xqg.collection.languages import canonical_code, language_name
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite
from pyserini_xqg.generation.backends.lexicon.casing import capitals_tell_names, in_small_letters
from pyserini_xqg.generation.backends.lexicon.dict_files import places, read_entries, read_index
from pyserini_xqg.generation.backends.lexicon.entries import bare, folded, spelling, spellings, translations
from pyserini_xqg.generation.backends.lexicon.packages import sources_of

FOLDER = Path("/usr/share/dictd")  # where Debian's packages put them
ENDINGS = (
    ("'s", ""),
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
NAMES_ENDINGS = (("'s", ""), ("ans", "an"))  # Germans; but Williams is no William
CASED = "00databasecased"  # headwords are as they are written, however many of them are names
MOST_REMEMBERED = 1_000_000
LOOKED_AT = 1_000
# FreeDict's English-Hungarian was read in the wrong code page.
REPAIRS = {"hun": str.maketrans("ôûÔÛ", "őűŐŰ")}


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
    cased : bool
        Whether names can be told from other words by how headwords are written; not where all begin with a capital.

    Raises
    ------
    MissingInput
        A file is not there.
    InvalidInput
        A file is damaged, or an offset points to nowhere.
    """

    def __init__(self, index: Path):
        lines, self._text = read_index(index), read_entries(index)
        self.sha256 = hashlib.sha256(lines + self._text).hexdigest()
        self._repair = REPAIRS.get(index.stem[-3:], {})
        self._places: dict[str, list[tuple[int, int]]] = {}
        inside: list[tuple[str, tuple[int, int]]] = []
        keeps_case = False
        for headword, start, end in places(lines, len(self._text), index):
            key = folded(headword)
            if key.startswith("00database"):
                keeps_case |= key == CASED
                continue
            self._places.setdefault(key, []).append((start, end))
            if (verb := folded(bare(headword))) != key:
                inside.append((verb, (start, end)))
        for verb, place in inside:  # after the entries that are the word's own
            self._places.setdefault(verb, []).append(place)
        if not self._places:
            raise InvalidInput(f"{index}: no headword; a dictionary in DICT format is expected")
        self._phrase_starts = {headword.split()[0] for headword in self._places if " " in headword.strip()}
        self._entries: dict[str, dict[str, tuple[str, ...]]] = {}
        self._headwords: dict[str, str | None] = {}  # a text has the same words again and again
        self.cased, self._translations_tell_names = (True, False) if keeps_case else self._case()

    def headword(self, words: Sequence[str]) -> str | None:
        """The headword with translations for words, or their base form; None without one.

        Case and apostrophes count: "led" is not "LED", nor "it's" "its" or "IT". What begins with a capital is looked
        for as it stands, and then in small letters.
        """
        if len(words) > 1 and folded(words[0]) not in self._phrase_starts:
            return None
        phrase = spelling(composed(" ".join(words)))
        if phrase not in self._headwords:
            if len(self._headwords) > MOST_REMEMBERED:
                self._headwords.clear()
            cases = dict.fromkeys((phrase, phrase.lower()))
            forms = (form for case in cases for form in (case, *_base_forms(case)))
            self._headwords[phrase] = next((form for form in forms if self.senses(form)), None)
        return self._headwords[phrase]

    def senses(self, headword: str) -> tuple[str, ...]:
        """The translations of a headword as it is spelled, in the dictionary's order; none where it has no entry."""
        key = folded(headword)
        if key not in self._entries:
            self._entries[key] = self._read(key)
        return self._entries[key].get(composed(headword), ())

    def entries(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """All headwords as they are spelled, with their translations, if any.

        A name that a dictionary in small letters has stands in both ways.
        """
        for key in self._places:
            yield from self._read(key).items()

    def _read(self, key: str) -> dict[str, tuple[str, ...]]:
        """The translations under a key of the index, by how the headword is spelled in each entry."""
        found: dict[str, dict[str, None]] = {}
        for place in self._places.get(key, ()):
            names, senses = self._entry(place)
            own = {name for name in names if folded(name) == key} or {key}
            if not self.cased:
                own = set(map(in_small_letters, own))
            elif self._translations_tell_names and senses and senses[0][0].isupper():
                own |= {name.title() for name in own}
            for name in own:
                found.setdefault(name, {}).update(dict.fromkeys(senses))
        return {name: tuple(senses) for name, senses in found.items()}

    def _entry(self, place: tuple[int, int]) -> tuple[list[str], list[str]]:
        """The spellings of an entry's headword, and its translations."""
        text = composed(self._text[slice(*place)].decode("utf-8", "replace"))
        line, *lines = text.translate(self._repair).split("\n")
        return spellings(line), translations(lines)

    def _case(self) -> tuple[bool, bool]:
        """Whether capitals tell names among headwords, and whether those of translations do, for want of the former."""
        every = [place for found in self._places.values() for place in found]
        looked_at = [self._entry(place) for place in every[:: 1 + len(every) // LOOKED_AT]]
        heads = [names[0] for names, _ in looked_at if names]
        senses = [senses[0] for _, senses in looked_at if senses]
        small = not any(name[:1].isupper() for name in heads)
        return capitals_tell_names(heads), small and 0 < sum(sense[0].isupper() for sense in senses) < 0.1 * len(senses)


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
            "them), or at freedict.org: unpack one into a folder and name that with --dictionaries. Or make one with "
            f"xqg dictionary, of {sources_of(language)}"
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


def _base_forms(word: str) -> Iterator[str]:
    """What an inflected English word may come from, by the rules of detachment of WordNet (morphy(7WN))."""
    for ending, base in NAMES_ENDINGS if word[:1].isupper() else ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word.removesuffix(ending) + base
