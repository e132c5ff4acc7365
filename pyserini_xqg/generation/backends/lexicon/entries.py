"""Entries of bilingual dictionaries in the layouts that FreeDict's have: how a headword is spelled, what it means.

An entry is text: a line with the headword, its abbreviations in brackets, transcriptions between strokes and the part
of speech; then senses, numbered or not, with indented examples and references, and glosses in English.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pyserini_xqg.collection.unicode import composed

MOST_WORDS, MOST_CHARACTERS = 3, 40

# What stands before a full stop, or alone before a comma, and says where a word is used: counted in FreeDict's
# English-Turkish and English-Lithuanian, where they hardly ever stand as a translation.
_LABELS = (  # noqa: SIM905 - a list of strings says no more, here and below
    "ing Ing isp iskoç it Rom ABD A.B.D A.B b.h bh k.h kdili k.dili kls mark fizyol tar coğ "
    "glžk teis amer šnek sport anat"
).split()
# What stands before a colon and says of what kind a thing is; before other colons stands the word.
_KINDS = (  # noqa: SIM905
    "rostlina ryba houba pták strom keř hmyz motýl savec Legierung Ausgabe Fehler auch spektroskopija upozorenje mil "
    "Note n f m"
).split()

_NUMBERED = re.compile(r"\s?(?:[IVX]+\.\s*(?:<[^>]*>)?\s*(?:\d+\.)?|\d+\.)\s*(.*)")
# Phrases of the headword, with their grammar, and what an abbreviation stands for: English.
_OTHER = re.compile(r"<[^>]*\b(?:Comp|Phras)>|\([^)]*(?:[A-Z]:|[\s(]:\w)|\(kıs\.\)|^pl\. od ")
_PLURAL = re.compile(r"\(çoğ\.\)\s*-\S+|(?:^|(?<=\s))-\S+\s\s+")  # an English one
_ABBREVIATION = re.compile(r"([^,;<>\[\]/]*?(?:/\w+)*),  /[^/]*/")  # of a translation, with nothing before it
_INITIALS = re.compile(r"(.*\w\w)((?:[^\W\d_]\. ?){2,})")
_CAPITAL = re.compile(r"(?<=[^\W\d_A-ZÄÖÜ])(?=[A-ZÄÖÜ\d])")
_TRANSCRIPTION = re.compile(r"(?:^|\s)/+\[?[^/]*/+")
_INSIDE = re.compile(r"(?<=\w)\([^)]*\)(?=-)")  # Stickstoff(IV)-oxid
_LETTER = re.compile(r"^\s*[a-d]\.\s")
_REMARK = re.compile(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|\s\d+\.$")
_SOMEBODY = re.compile(r"\b(?:(?:jm?d[mns]?|etw)\.(?:/|(?=\s|$)))+")  # German: whom or what a verb is done to
_LABEL = re.compile(rf"(?:^|(?<=[,;]\s)|(?<=\s\s))(?:{'|'.join(map(re.escape, sorted(_LABELS)))})\.(?=[\s,;])[\s,;]*")
_KIND = re.compile(r"\s*([^:]*):(?:\s+|$)(.*)")
_PART_OF_SPEECH = re.compile(r"\s(?:f|m|n|adv|adj)$")
_SEPARATOR = re.compile(r"(?<!\d),|,(?!\d)|[;،؛、]|(?<!\d)/|/(?!\d)")
_EXPLANATION = re.compile(r"\.\s|\s[-\u2013]\s")
_QUOTES = re.compile(r"[\"\\“”„«»]|``|''")
_VISARGA = re.compile("(?<=[\u0900-\u097f]):")  # many type a colon
# Signs, signs of sounds, and what was cut at an abbreviation.
_NO_WORD = re.compile(r"[<>\[\](){}=+*|^_~@#%§&\u02c8\u02cc\u02d0\u0259\u026a\u028a\u0283\u0292\u0279]|\s\w\.\w$")
_NUMBER = re.compile(r"^\s*(?:\d+|[a-z])\.\s*")
_AROUND = " .!?:…*<>[](){}\u2018\u201a"  # brackets that were never opened or never closed, too
# Marked in dictionaries, where a text has none: stress in Cyrillic; short vowels, doubled letters and the stretching
# stroke in Arabic; vowel points in Hebrew.
_POINTS = re.compile("[\u0301\u0640\u064b-\u0652\u0670\u05b0-\u05bc\u05c1\u05c2\u05c7]")

_SOMETHING = re.compile(r"(?: (?:sbsth|sthsb|sb|sth|sy)\b[./]*(?:sb|sth)?\.?)+$")


def folded(phrase: str) -> str:
    """A word or phrase as dictfmt writes headwords: lower case, letters, digits and single blanks only."""
    lower = composed(phrase).casefold()
    return lower if lower.isalnum() else " ".join("".join(c for c in lower if c.isalnum() or c == " ").split())


def spelling(phrase: str) -> str:
    """A word or phrase in its own case, with letters, digits, apostrophes, strokes and single blanks only."""
    if phrase.isalnum():
        return phrase
    kept = "".join(c for c in phrase.replace("\u2019", "'") if c.isalnum() or c in " '/")
    return " ".join(kept.split())


def bare(headword: str) -> str:
    """A headword without what dictionaries put around verbs: "to" before them, "sb./sth." after them."""
    return (_SOMETHING.sub("", headword) if " s" in headword else headword).removeprefix("to ")


def spellings(line: str) -> list[str]:
    """How the headwords of an entry are spelled, from its first line: it, its variants and abbreviations."""
    line = _TRANSCRIPTION.sub("\n", re.sub(r"<[^>]*>", " ", line))
    names = [*re.split(r"[\n(),;]", line), line.replace("\n", " "), *line.split("\n")]
    return [spelling(bare(name)) for name in dict.fromkeys(" ".join(name.split()) for name in names) if name]


def unpointed(text: str) -> str:
    """A text without the marks that only dictionaries and schoolbooks write."""
    return _POINTS.sub("", text)


def headword_of(line: str) -> str:
    """The headword of an entry in any language, as it stands in the first line."""
    return _TRANSCRIPTION.split(re.sub(r"<[^>]*>", " ", line))[0].strip()


def translations(lines: list[str]) -> list[str]:
    """The translations in the lines below a headword, in the dictionary's order.

    They are in the numbered lines, or in the first line with text where none has a number; indented lines are examples
    and references, other lines English glosses. Transcriptions, labels, numbers and signs are left out; so are longer
    explanations.
    """
    found: dict[str, None] = {}
    parts_of_words: dict[str, None] = {}
    first = True
    for line in lines:
        if line.startswith("   ") or not line.strip():
            continue
        numbered = _NUMBERED.fullmatch(line)
        if not (first or numbered):
            continue
        first = False
        if _OTHER.search(line):
            continue
        for sense in _senses(numbered.group(1) if numbered else line):
            if "-" in (sense[0], sense[-1]):
                parts_of_words[sense.strip("-")] = None
            else:
                found[sense] = None
    return [*found, *(part for part in parts_of_words if part and part not in found)]


def _senses(text: str) -> Iterator[str]:
    """The translations in a line, without its number."""
    text = _ABBREVIATION.sub(lambda match: _apart(match.group(1)), text)
    if transcribed := _TRANSCRIPTION.search(text):  # what stands before one is English: another headword's phrase
        text = text[transcribed.end() :]
    text = _INSIDE.sub("", _PLURAL.sub(" ", _LETTER.sub("", text)))
    text = _REMARK.sub(" ", unpointed(text.replace("~", " ").replace("_", " ")))
    text = _VISARGA.sub("\u0903", _LABEL.sub("", _SOMEBODY.sub("", text).strip() + " "))
    # Some dictionaries have phrases of the headword in the same line, after a full stop.
    text = _EXPLANATION.split(text.replace("...", " ").replace("…", " "))[0]
    parts = _SEPARATOR.split(_QUOTES.sub("", text))
    for number, part in enumerate(parts, start=1):
        words = [word for word in _NUMBER.sub("", _of_a_kind(part)).split() if any(map(str.isalnum, word))]
        sense = unicodedata.normalize("NFKC", " ".join(words).strip(_AROUND))
        if sense in _LABELS and number < len(parts):
            continue
        if len(sense) <= MOST_CHARACTERS and len(words) <= MOST_WORDS and _is_word(sense):
            yield sense


def _of_a_kind(part: str) -> str:
    """A translation without its kind ("fish: jack salmon") or without its explanation ("macaque: a monkey of Asia")."""
    if not (kind := _KIND.fullmatch(part)):
        return part
    name = _PART_OF_SPEECH.sub("", kind.group(1)).strip()
    return kind.group(2) if not name or name in _KINDS else name


def _apart(text: str) -> str:
    """A translation and its abbreviation, which FreeDict's English-German writes with no sign between them.

    An abbreviation with full stops is left out: nobody would ask for it.
    """
    if initials := _INITIALS.fullmatch(text):
        return f"{initials.group(1)}, "
    start, _, last = text.strip().rpartition(" ")
    if capital := _CAPITAL.search(last):
        short = last[capital.start() :]
        return f"{start} {last[: capital.start()]}, " + (f"{short}, " if "." not in short else "")
    stem = last.rstrip(".")
    for place in range(len(stem) - 2, 1, -1):
        word, short = stem[:place].casefold(), stem[place:].casefold()
        letters = iter(word)
        if short[0] == word[0] and all(letter in letters for letter in short):
            return f"{start} {stem[:place]}, "
    return f", {text}, "


def _is_word(sense: str) -> bool:
    return any(map(str.isalpha, sense)) and not _NO_WORD.search(sense)
