"""R@kt: whether an answer is in the first k thousand tokens of the ranked passages (XOR-Retrieve, Asai et al., 2021).

A question is a hit or not. The passages are tokenised in their order and their tokens joined by single spaces, up to
exactly the threshold; a hit is an answer that is a substring of that string. This is the measure of the official
script, and so are its oddities:

* The answer is not tokenised. One with a per cent sign, 's or a comma in it never matches ("May 5, 1945" stands in the
  string as "May 5 , 1945"), unless the comma is between digits ("1,000"), nor one with double quotes, which turn into
  `` and ''.
* The substring is looked for letter by letter, upper and lower case apart, anywhere: "art" is in "party".
* An answer may match across the border of two passages.
* An empty answer always matches, even with no passage at all.
* Answers that are exactly "yes" or "no" do not count, nor do questions that have no other.

:class:`Words` is a reading of the same measure without the first two, for those who want to know what they cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from pyserini_xqg.evaluation.measures.tokenization import word_tokenize

# Of the paper, and of XOR-Retrieve's leaderboard.
THRESHOLDS = (2000, 5000)
UNCOUNTED = ("yes", "no")
QUOTES = ("``", "''", "“", "”")


class Matcher(Protocol):
    """Says whether tokens hold one of the answers that it was made for."""

    def __init__(self, answers: Sequence[str]): ...

    def found(self, tokens: Sequence[str]) -> bool:
        """Whether one of the answers is there; if so, then in every longer sequence that starts with these tokens."""


class Substring:
    """An answer, as it is, within the tokens joined by spaces: the official measure."""

    def __init__(self, answers: Sequence[str]):
        self._answers = answers

    def found(self, tokens: Sequence[str]) -> bool:
        """See :class:`Matcher`."""
        text = " ".join(tokens)
        return any(answer in text for answer in self._answers)


class Words:
    """A sequence of an answer's words, any case: not the official measure.

    Both sides are tokenised alike and case-folded, full stops at the end of a token are dropped (whether "D.C." keeps
    its last one depends on what follows), and all double quotes are one. An answer without words never matches.
    """

    def __init__(self, answers: Sequence[str]):
        phrases = (_words(word_tokenize(answer)) for answer in answers)
        self._phrases = [phrase for phrase in phrases if phrase.strip()]

    def found(self, tokens: Sequence[str]) -> bool:
        """See :class:`Matcher`."""
        text = _words(tokens)
        return any(phrase in text for phrase in self._phrases)


def officially_counted(answers: Iterable[str]) -> list[str]:
    """The answers that count: all but exactly "yes" and "no"; where none is left, the question is not counted.

    This is the official script's rule. That of :func:`pyserini_xqg.collection.answers.counted_answers`, for mining, is
    another one: it leaves out "No." and answers without a word too.
    """
    return [answer for answer in answers if answer not in UNCOUNTED]


def hit(passages: Iterable[str], answers: Iterable[str], tokens: int, matcher: type[Matcher] = Substring) -> bool:
    """Whether an answer that counts is in the first `tokens` tokens of the passages.

    Parameters
    ----------
    passages : iterable of str
        Texts, best first; no more of them are taken than the threshold needs.
    answers : iterable of str
        "yes" and "no" are dropped; where nothing else is left there is no hit, though the question should not be
        counted at all.
    tokens : int
        The threshold, 2000 for R@2kt.
    matcher : type
        :class:`Substring`, the official measure, or :class:`Words`.
    """
    return hits(passages, answers, (tokens,), matcher)[tokens]


def hits(
    passages: Iterable[str],
    answers: Iterable[str],
    thresholds: Iterable[int] = THRESHOLDS,
    matcher: type[Matcher] = Substring,
) -> Mapping[int, bool]:
    """:func:`hit` for several thresholds at once, with each passage tokenised once and none in vain."""
    ascending = sorted(set(thresholds))
    if not ascending or ascending[0] < 1:
        raise ValueError(f"the thresholds are {ascending}: one or more numbers of tokens, from 1 up, are expected")
    match = matcher(officially_counted(answers))
    remaining, tokens = iter(passages), list[str]()
    for threshold in ascending:
        while len(tokens) < threshold and (passage := next(remaining, None)) is not None:
            tokens += _joined_tokens(passage).split()
        if match.found(tokens[:threshold]):
            # What is in the first tokens is in more of them.
            return {each: each >= threshold for each in ascending}
    return dict.fromkeys(ascending, False)


def token_count(passages: Iterable[str], enough: int) -> int:
    """How many tokens passages have, counted until there are `enough`."""
    count = 0
    for passage in passages:
        count += len(_joined_tokens(passage).split())
        if count >= enough:
            break
    return count


# Questions share passages. Joined, a passage's tokens take a tenth of the memory of a list.
@lru_cache(maxsize=1 << 14)
def _joined_tokens(passage: str) -> str:
    return " ".join(word_tokenize(passage))


def _words(tokens: Iterable[str]) -> str:
    """The tokens' words, with a space before and after each."""
    folded = (token.casefold().rstrip(".") for token in tokens)
    return " " + "".join(f"{'``' if word in QUOTES else word} " for word in folded if word)
