"""Sentence-aligned text: two files whose lines say the same, in English and in another language.

Words are aligned (:mod:`pyserini_xqg.generation.dictionaries.word_alignment`); what neighbouring words go together with
is counted, and what is seen too seldom, or goes together with too much else, is left out. So it works in languages
that are written without blanks between words, by characters, and in those that put blanks between syllables.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import regex

from pyserini_xqg.collection.datasets.line_aligned import read_lines
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.generation.backends.lexicon.terms import function_words
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation
from pyserini_xqg.generation.dictionaries.glosses import MOST_WORDS
from pyserini_xqg.generation.dictionaries.word_alignment import Link, links

LONGEST_SENTENCE = 80  # words; in longer ones most that is close by chance
# The least share of the English phrase's occurrences, and of the other's, that go together: of what is seen so often.
LEAST_SHARES = {1: 0.2, 2: 0.1}
LEAST_WORDS = 0.3  # for each English one; fewer are whole phrases, in a script without blanks that is not taken apart
MOST_CHARACTERS = 6  # of a phrase in characters that are words

# Characters of Chinese and Japanese are taken one by one.
_TOKEN = regex.compile(
    r"(?V1)[\p{Han}\p{Hiragana}]|\p{Katakana}[\p{Katakana}\u30fc]*"
    r"|[[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}]]+"
    r"(?:['’.\-\u200c\u200d][[\p{L}\p{M}\p{N}]--[\p{Han}\p{Hiragana}\p{Katakana}]]+)*"
)
_POSSESSIVE = regex.compile(r"['’][sS]$")
_CHARACTERS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\u30fc]+")


class Sentence(NamedTuple):
    """A sentence, and where its words begin and end."""

    text: str
    places: list[tuple[int, int]]

    def words(self) -> list[str]:
        """Its words, as they stand there."""
        return [self.text[start:end] for start, end in self.places]

    def phrase(self, first: int, last: int) -> str:
        """What stands from one word to another."""
        return self.text[self.places[first][0] : self.places[last][1]]


def read_aligned(files: Sequence[Path], language: str) -> Iterator[Translation]:
    """Words and phrases, up to three words each, that are translated by each other often enough.

    Raises
    ------
    MissingInput, InvalidInput
        A file cannot be read, they have different numbers of lines, or one is not divided into words.
    """
    pairs = _sentences(files)
    spellings = [_spellings([pair[side] for pair in pairs]) for side in (0, 1)]
    numbers: list[dict[str, int]] = [{}, {}]
    coded = [
        tuple(
            [numbers[side].setdefault(word.casefold(), len(numbers[side])) for word in pair[side].words()]
            for side in (0, 1)
        )
        for pair in pairs
    ]
    together: Counter[tuple[str, str]] = Counter()
    seen: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for (english, foreign), linked in zip(pairs, links([(ours, theirs) for ours, theirs in coded]), strict=True):
        seen[0].update(english.phrase(*span).casefold() for span in _spans(english))
        seen[1].update(foreign.phrase(*span).casefold() for span in _spans(foreign))
        for ours, theirs in _phrases(english, foreign, linked):
            together[english.phrase(*ours).casefold(), foreign.phrase(*theirs).casefold()] += 1
    by_english: defaultdict[str, list[tuple[float, str, int]]] = defaultdict(list)
    for (one, other), count in together.items():
        if one == other:  # a name, which stays as it is by itself
            continue
        of_one, of_other = count / seen[0][one], count / seen[1][other]
        if min(of_one, of_other) >= LEAST_SHARES[min(count, max(LEAST_SHARES))]:
            by_english[one].append((-of_one * of_other, other, count))
    for one, found in by_english.items():
        for position, (_, other, count) in enumerate(sorted(found)):
            english = _POSSESSIVE.sub("", _spelled(one, spellings[0]))
            yield Translation(english, _spelled(other, spellings[1]), position, count)


def _sentences(files: Sequence[Path]) -> list[tuple[Sentence, Sentence]]:
    ours, theirs = map(read_lines, files)
    if len(ours) != len(theirs):
        raise InvalidInput(
            f"{files[0]} has {len(ours):,} lines and {files[1]} has {len(theirs):,}; files whose lines go together are "
            "expected"
        )
    pairs = [(_sentence(one), _sentence(other)) for one, other in zip(ours, theirs, strict=True)]
    counts = [sum(len(pair[side].places) for pair in pairs) for side in (0, 1)]
    if counts[1] < LEAST_WORDS * counts[0]:
        raise InvalidInput(
            f"{files[1]} has {counts[1]:,} words for {counts[0]:,} English ones: too few; text with blanks between "
            "words is expected, also of languages that are written without (Chinese and Japanese excepted)"
        )
    return [pair for pair in pairs if all(0 < len(side.places) <= LONGEST_SENTENCE for side in pair)]


def _sentence(line: str) -> Sentence:
    text = composed(line)
    return Sentence(text, [match.span() for match in _TOKEN.finditer(text)])


def _spans(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """The first and last words of the phrases of a sentence: with nothing but blanks between words, and short."""
    gaps = [sentence.text[end:start].isspace() or end == start for (_, end), (start, _) in pairwise(sentence.places)]
    for first in range(len(sentence.places)):
        for last in range(first, len(sentence.places)):
            if last > first and not gaps[last - 1]:
                break
            phrase = sentence.phrase(first, last)
            characters = bool(_CHARACTERS.fullmatch(phrase))
            if len(phrase) > MOST_CHARACTERS if characters else last - first >= MOST_WORDS:
                break
            yield first, last


def _phrases(
    english: Sentence, foreign: Sentence, linked: set[Link]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The pairs of phrases whose words are linked with each other and with no others, no longer than their links."""
    theirs_of: defaultdict[int, set[int]] = defaultdict(set)
    ours_of: defaultdict[int, set[int]] = defaultdict(set)
    for ours, theirs in linked:
        theirs_of[ours].add(theirs)
        ours_of[theirs].add(ours)
    words = [word.casefold() for word in english.words()]
    allowed = set(_spans(foreign))
    for first, last in _spans(english):
        if any(words[end] in function_words() or end not in theirs_of for end in (first, last)):
            continue
        if first == last and any(map(str.isdigit, words[first])):  # no query has it translated
            continue
        places = set().union(*(theirs_of[place] for place in range(first, last + 1) if place in theirs_of))
        span = min(places), max(places)
        inside = set().union(*(ours_of[place] for place in range(span[0], span[1] + 1) if place in ours_of))
        if span in allowed and min(inside) >= first and max(inside) <= last:
            yield (first, last), span


def _spellings(sentences: Sequence[Sentence]) -> Mapping[str, str]:
    """How words are written most often inside a sentence, by how they are in small letters."""
    inside: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        for word in sentence.words()[1:]:
            inside[word.casefold()][word] += 1
    return {key: max(sorted(found), key=found.__getitem__) for key, found in inside.items()}


def _spelled(phrase: str, spellings: Mapping[str, str]) -> str:
    written: str = _TOKEN.sub(lambda match: spellings.get(match.group(), match.group()), phrase)
    return written


def origin(files: Sequence[Path]) -> str:
    """Which files; text says nothing of its licence."""
    return f"word pairs of the sentences in {files[0].name} and {files[1].name}, with the licence of that text"


KIND = SourceKind(read_aligned, origin, ("English, a sentence a line", "the same in the language, line by line"))
