"""Frames of questions: the question words of a language, learned from parallel questions, to dress keywords in.

English says by its own question word of what kind a question is. Of all words and phrases in the other language's
questions, the one that tells a kind best from the others goes with it: "who" with "kuka", "how many" with "多少". Where
it mostly stands decides whether it comes before the keywords or behind them.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from pyserini_xqg.collection.datasets.parallel import ParallelQuestion
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput

LEAST_QUESTIONS = 10  # of a kind; of fewer the best phrase is chance
LEAST_SHARE = 0.1  # of a kind's questions that have the phrase
LONGEST_PHRASE = 3
FIRST_PART = 0.35  # of a question; what mostly stands in it comes before the keywords

_KIND = re.compile(
    r"\b(how (?:many|much|long|old|far|often)|what|who|whom|whose|when|where|which|why|how)\b", re.IGNORECASE
)
_SAME_KIND = {"whom": "who", "whose": "who", "how much": "how many"}
# Characters of Chinese and Japanese are taken one by one.
_TOKEN = regex.compile(r"\p{Han}|\p{Hiragana}|(?:(?!\p{Han}|\p{Hiragana})[\p{L}\p{M}\p{N}])+")
_OPENING, _CLOSING = regex.compile(r"^\p{P}"), regex.compile(r"\p{P}$")


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the keywords of a question.

    Attributes
    ----------
    before, behind : str
        Question words, one of them empty.
    opening, closing : str
        Question marks as the language has them; may be empty.
    """

    before: str
    behind: str
    opening: str = ""
    closing: str = ""

    def dress(self, keywords: str) -> str:
        """Keywords as a question."""
        words = " ".join(part for part in (self.before, keywords, self.behind) if part)
        return f"{self.opening}{words}{self.closing}"


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase of a question: in small letters, as it stands there, and where its middle is, from 0 to 1."""

    key: str
    text: str
    place: float


def learn_frames(pairs: Iterable[ParallelQuestion]) -> list[Frame]:
    """The frames of one language's questions, that of the most frequent kind of question first.

    Parameters
    ----------
    pairs : iterable of ParallelQuestion
        All in one language.

    Raises
    ------
    InvalidInput
        No kind has enough questions and a phrase that tells it from the others.
    """
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        if found := _KIND.search(pair.english):
            kind = found[1].casefold()
            kinds[_SAME_KIND.get(kind, kind)].append(composed(pair.question))
    every = [question for questions in kinds.values() for question in questions]
    numbers = Counter(key for question in every for key in {phrase.key for phrase in _phrases(question)})
    opening, closing = _mark(every, _OPENING), _mark(every, _CLOSING)
    frames: dict[Frame, None] = {}
    for questions in sorted(kinds.values(), key=len, reverse=True):
        if len(questions) < LEAST_QUESTIONS:
            break
        if found_phrase := _telling(questions, numbers, len(every)):
            text, is_first = found_phrase
            frames[Frame(text if is_first else "", "" if is_first else text, opening, closing)] = None
    if not frames:
        raise InvalidInput(
            f"no question words were found in {len(every):,} questions; some hundred questions are expected, of which "
            f"at least {LEAST_QUESTIONS} ask who, what, when or the like, each with the same question in English"
        )
    return list(frames)


def fingerprint_frames(frames: Sequence[Frame]) -> str:
    """The SHA-256 of frames."""
    return hashlib.sha256("\n".join(frame.dress("\t") for frame in frames).encode("utf-8")).hexdigest()


def _telling(questions: Sequence[str], numbers: Counter[str], total: int) -> tuple[str, bool] | None:
    """The phrase that tells some of all questions best from the others, and whether it stands first in them.

    Best is what adds most to the Kullback-Leibler divergence of these questions from all: often here, seldom elsewhere.
    """
    found: defaultdict[str, list[_Phrase]] = defaultdict(list)
    for question in questions:
        for key, phrase in {each.key: each for each in _phrases(question)}.items():
            found[key].append(phrase)

    def divergence(key: str) -> float:
        here = len(found[key])
        return here * math.log(here * total / (len(questions) * numbers[key]))

    able = [key for key, phrases in found.items() if len(phrases) >= LEAST_SHARE * len(questions)]
    # Of two that are as good the longer one, which is the whole word in characters.
    best = max(sorted(able), key=lambda key: (round(divergence(key), 6), len(key)), default=None)
    if best is None or divergence(best) <= 0:
        return None
    phrases = found[best]
    text, _ = Counter(phrase.text for phrase in phrases).most_common(1)[0]
    return text, sum(phrase.place for phrase in phrases) / len(phrases) < FIRST_PART


def _phrases(question: str) -> Iterator[_Phrase]:
    """The phrases of a question, of up to three words or characters with nothing but blanks between them."""
    places = [match.span() for match in _TOKEN.finditer(question)]
    for first in range(len(places)):
        for last in range(first, min(first + LONGEST_PHRASE, len(places))):
            if last > first and question[places[last - 1][1] : places[last][0]].strip():
                break
            text = question[places[first][0] : places[last][1]]
            yield _Phrase(text.casefold(), text, (first + last + 1) / (2 * len(places)))


def _mark(questions: Sequence[str], place: regex.Pattern[str]) -> str:
    """The punctuation at one end of most questions; empty where most have none."""
    marks = Counter(found[0] if (found := place.search(question.strip())) else "" for question in questions)
    return marks.most_common(1)[0][0] if marks else ""
