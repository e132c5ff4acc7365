"""Salient terms: the words of a passage that say what it is about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.generation.backends.lexicon.casing import Token, is_capitalised, tokens

SAMPLE = 5_000  # passages that say which words are rare
LONGEST_PHRASE = 3
LEAST_SHOUTED = 5  # letters of a word that may be written in capitals and be no abbreviation

Lookup = Callable[[Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase of a passage.

    Attributes
    ----------
    text : str
        As it stands there, less a possessive ending.
    headword : str or None
        What it is found under in a dictionary; None for a name or number that stays as it is.
    """

    text: str
    headword: str | None


class DocumentFrequencies:
    """In how many passages words occur, from a sample of them.

    Parameters
    ----------
    texts : iterable of str
    """

    def __init__(self, texts: Iterable[str]):
        self._passages = 0
        self._found: Counter[str] = Counter()
        self._small: set[str] = set()
        for text in texts:
            self._passages += 1
            words = {token.text for token in tokens(text)}
            self._found.update({word.casefold() for word in words})
            self._small.update(word for word in words if word[0].islower())

    def idf(self, word: str) -> float:
        """The inverse document frequency, ``log((1 + N) / (1 + df))``; 0 for a word of every passage."""
        return math.log((1 + self._passages) / (1 + self._found[word.casefold()]))

    def in_small_letters(self, word: str) -> bool:
        """Whether a word occurs in small letters, too: it is not only a name."""
        return word.casefold() in self._small


def lexicon_text(passage: Passage) -> str:
    """Title and text, composed: letters whose marks stand apart from them would be no words."""
    return composed(f"{passage.title}\n{passage.text}")


def salient_terms(
    text: str, frequencies: DocumentFrequencies, lookup: Lookup, cased: bool = True
) -> list[tuple[Term, float]]:
    """The terms of a text with their tf-idf weight, the weightiest first.

    Terms are the longest phrases that `lookup` knows, of up to three words, single words that it knows, and what looks
    like a name or a number. Function words are left out. A phrase is as rare as its rarest word.

    Numbers stay as they are. So do names, which are what begins with a capital inside a sentence, unless `lookup` knows
    them with it.

    Parameters
    ----------
    text : str
    frequencies : DocumentFrequencies
    lookup : callable
        The headword for a phrase, or None: in its case where there is one, else in small letters.
    cased : bool
        Whether `lookup` tells names by their capital. Where it does not, a name of one word is looked up in small
        letters if the sample never has it so: it is no common word then.
    """
    counts: Counter[str] = Counter()
    terms: dict[str, Term] = {}
    weights: dict[str, float] = {}
    for words, headword in _phrases(tokens(text), frequencies, lookup, cased):
        key = headword or words[0]
        counts[key] += 1
        if key not in terms:
            terms[key] = Term(" ".join(words), headword)
            weights[key] = max(map(frequencies.idf, words))
    for key, count in counts.items():
        weights[key] *= 1 + math.log(count)
    return [(terms[key], weights[key]) for key in sorted(weights, key=weights.__getitem__, reverse=True)]


@cache
def function_words() -> frozenset[str]:
    """English words that say nothing of a topic."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def _phrases(
    text: Sequence[Token], frequencies: DocumentFrequencies, lookup: Lookup, cased: bool
) -> Iterator[tuple[list[str], str | None]]:
    """The longest phrases with a headword, from left to right, and the names and numbers between them."""
    function = function_words()
    names = {token.text for token in text if not token.first and is_capitalised(token.text)}
    small = {token.text for token in text if token.text[0].islower()}

    def is_common(word: str) -> bool:
        return word.casefold() in small or frequencies.in_small_letters(word)

    def is_name(token: Token) -> bool:
        word = token.text
        if not is_capitalised(word):  # USA, McDonald; but a heading in capitals is none
            return word[0].isupper() and not (len(word) >= LEAST_SHOUTED and word.isupper() and is_common(word))
        return not token.first or (word in names and not is_common(word))

    def is_one_of_several(place: int) -> bool:
        """Whether a name has another one beside it, as in "Super Bowl"."""
        pairs = ((place - 1, place), (place, place + 1))
        return any(
            left >= 0
            and right < len(text)
            and text[right].joined
            and text[left].text[0].isupper()
            and text[left].text.casefold() not in function
            and text[right].text[0].isupper()
            for left, right in pairs
        )

    def found(place: int) -> str | None:
        token = text[place]
        word = token.text
        if any(map(str.isdigit, word)):
            return None
        headword = lookup([word])
        if headword is None or word[0].islower() or not headword[0].islower():
            ambiguous = headword is not None and token.first and is_capitalised(word) and is_common(word)
            return (lookup([word.lower()]) or headword) if ambiguous else headword
        if is_name(token) and (cased or is_common(word) or is_one_of_several(place)):
            return None
        return headword

    def is_content(token: Token) -> bool:
        word = token.text
        if len(word) == 1 or token.is_contraction:
            return False
        if word.casefold() not in function:
            return True
        # US, WHO, and the month of May: no function words where a dictionary has them so.
        proper = word.isupper() or (not token.first and is_capitalised(word))
        return cased and proper and (headword := lookup([word])) is not None and headword[0].isupper()

    content = [is_content(token) for token in text]
    start = 0
    while start < len(text):
        length = 1
        if content[start]:
            for longer in range(min(LONGEST_PHRASE, len(text) - start), 1, -1):
                phrase = [token.text for token in text[start : start + longer]]
                numbers = all(any(map(str.isdigit, word)) for word in phrase)
                if content[start + longer - 1] and not numbers and (headword := lookup(phrase)):
                    yield phrase, headword
                    length = longer
                    break
            else:
                token = text[start]
                if headword := found(start):
                    yield [token.text], headword
                elif token.text[0].isdigit() or (
                    token.text[0].isupper() and not (token.first and is_common(token.text))
                ):
                    yield [token.text], None
        start += length
