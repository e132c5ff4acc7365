"""Answers to questions: whether a passage holds one, and whether two are the same."""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterable

import regex

# Written without blanks between words: each of their letters counts as a word.
SPACELESS = regex.compile(r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])")
PUNCTUATION = regex.compile(rf"[\p{{P}}{regex.escape(string.punctuation)}]")
ARTICLES = regex.compile(r"\b(a|an|the)\b")
# They say nothing about a passage.
UNCOUNTED = ("yes", "no")


def counted_answers(answers: Iterable[str]) -> tuple[str, ...]:
    """The answers that can be looked for: all but "yes", "no" and those without a word."""
    return tuple(answer for answer in answers if normalised(answer) not in ("", *UNCOUNTED))


class AnswerMatcher:
    """Finds answers in texts: the words of an answer in a row, letter case and punctuation aside.

    Unlike R@kt's official measure, "art" is not in "party" and "May 5, 1945" is in "on May 5 1945". Letters of scripts
    that leave no blanks between words (Chinese, Japanese, Thai, ...) each count as a word.

    Parameters
    ----------
    answers : iterable of str
        Those that do not count (see :func:`counted_answers`) are passed over.
    """

    def __init__(self, answers: Iterable[str]):
        self._phrases = [_words(answer) for answer in counted_answers(answers)]

    def __bool__(self) -> bool:
        return bool(self._phrases)

    def found(self, text: str) -> bool:
        """Whether one of the answers is in `text`."""
        words = _words(text) if self._phrases else ""
        return any(phrase in words for phrase in self._phrases)


def same_answer(given: str, answers: Iterable[str]) -> bool:
    """Whether `given` is one of `answers`, as SQuAD's measure compares them (see :func:`bare_answer`)."""
    bare = bare_answer(given)
    return bool(bare) and any(bare == bare_answer(answer) for answer in answers)


def bare_answer(answer: str) -> str:
    """An answer without letter case, punctuation, English articles and needless blanks."""
    folded = PUNCTUATION.sub("", unicodedata.normalize("NFKC", answer).casefold())
    return " ".join(ARTICLES.sub(" ", folded).split())


def _words(text: str) -> str:
    """The words, with a blank before and after each."""
    apart = SPACELESS.sub(r" \1 ", normalised(text))
    return f" {' '.join(apart.split())} "


# Marks are letters' vowels in Indic scripts; \w leaves them out.
NO_WORD = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def normalised(text: str) -> str:
    """A text's words, letter case, punctuation and forms of the same letter aside."""
    return str(NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip())
