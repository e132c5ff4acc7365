"""Salient terms: the words of a passage that say what it is about."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
LONGEST_PHRASE = 3


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase of a passage.

    Attributes
    ----------
    text : str
        As it stands there.
    headword : str or None
        What it is found under in a dictionary; None for a name or number that is in none.
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
        for text in texts:
            self._passages += 1
            self._found.update({word.casefold() for word in WORD.findall(text)})

    def idf(self, word: str) -> float:
        """The inverse document frequency, ``log((1 + N) / (1 + df))``; 0 for a word of every passage."""
        return math.log((1 + self._passages) / (1 + self._found[word.casefold()]))


def salient_terms(
    text: str, frequencies: DocumentFrequencies, lookup: Callable[[Sequence[str]], str | None]
) -> list[tuple[Term, float]]:
    """The terms of a text with their tf-idf weight, the weightiest first.

    Terms are the longest phrases that `lookup` knows, of up to three words, single words that it knows, and what looks
    like a name or a number. Function words are left out. A phrase is as rare as its rarest word.

    Parameters
    ----------
    text : str
    frequencies : DocumentFrequencies
    lookup : callable
        The headword for a phrase, or None.
    """
    counts: Counter[str] = Counter()
    terms: dict[str, Term] = {}
    weights: dict[str, float] = {}
    for words, headword in _phrases(WORD.findall(text), lookup):
        if headword is None and not (words[0][0].isupper() or words[0][0].isdigit()):
            continue
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


def _phrases(words: list[str], lookup: Callable[[Sequence[str]], str | None]) -> Iterator[tuple[list[str], str | None]]:
    """The longest phrases with a headword, from left to right, and the words between them but function words."""
    function = function_words()
    content = [len(word) > 1 and word.casefold() not in function for word in words]
    start = 0
    while start < len(words):
        length = 1
        if content[start]:
            for longer in range(min(LONGEST_PHRASE, len(words) - start), 1, -1):
                if content[start + longer - 1] and (headword := lookup(words[start : start + longer])):
                    yield words[start : start + longer], headword
                    length = longer
                    break
            else:
                yield words[start : start + 1], lookup(words[start : start + 1])
        start += length
