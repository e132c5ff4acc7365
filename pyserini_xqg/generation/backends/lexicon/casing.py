"""The words of an English text, and which of them begin a sentence: there a capital says nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’][sS]$")
_CONTRACTION = re.compile(
    r"n['’]t$|^[a-z]+['’](?:m|d|ve|ll|re)$"
    r"|^(?:it|he|she|that|there|here|what|who|where|when|how|why|let|everyone|one)['’]s$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?:\n]|,\s*[\"“‘]")
FEW_WORDS = 100  # do not tell how a dictionary writes
# A full stop after these ends no sentence.
_TITLES = frozenset(
    (  # noqa: SIM905 - a list of strings says no more
        "mr mrs ms dr st prof gen sen rep gov col lt sgt capt rev hon jr sr no vol fig vs mt ft inc ltd co"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text.

    Attributes
    ----------
    text : str
        As it stands there, less a possessive "'s".
    first : bool
        Whether it begins a sentence or a quotation.
    is_contraction : bool
        Whether it is one such as "it's" or "didn't".
    joined : bool
        Whether only blanks stand between it and the word before.
    """

    text: str
    first: bool
    is_contraction: bool = False
    joined: bool = False


def tokens(text: str) -> list[Token]:
    """The words of a text, in order."""
    found: list[Token] = []
    end = 0
    for match in WORD.finditer(text):
        word, between = match.group(), text[end : match.start()]
        first = not found or bool(_SENTENCE.search(between))
        if first and found and between.strip() == "." and _is_abbreviation(found[-1].text):
            first = False
        is_contraction = bool(_CONTRACTION.search(word))
        found.append(
            Token(word if is_contraction else _POSSESSIVE.sub("", word), first, is_contraction, between.isspace())
        )
        end = match.end()
    return found


def is_capitalised(word: str) -> bool:
    """Whether a word begins with a capital and goes on in small letters."""
    return word[0].isupper() and word[1:] == word[1:].lower()


def capitals_tell_names(words: Sequence[str]) -> bool:
    """Whether the words of a dictionary are names where they begin with a capital: not if nine in ten of them do."""
    capital = sum(word[:1].isupper() for word in words)
    return len(words) < FEW_WORDS or capital < 0.9 * sum(word[:1].isalpha() for word in words)


def in_small_letters(word: str) -> str:
    """A word without capitals that say nothing; an abbreviation stays as it is."""
    return word if len(word) > 1 and word.isupper() else word.casefold()


def _is_abbreviation(word: str) -> bool:
    return len(word) == 1 or "." in word or word.casefold() in _TITLES
