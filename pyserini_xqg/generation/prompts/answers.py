"""Answers of language models: the questions in them, without what models put around those."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyserini_xqg.generation.characters import without_invisible
from pyserini_xqg.generation.prompts.json_answers import json_questions
from pyserini_xqg.generation.prompts.question_marks import is_marked
from pyserini_xqg.generation.prompts.thoughts import without_thoughts

_FENCE = re.compile(r"^\s*(```|~~~)\w*\s*$", re.MULTILINE)
_TAGGED_ANSWER = re.compile(r"<answer\b[^>]*>.*?(?:</answer>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:questions?|quer(?:y|ies)|q|answers?|responses?|output|final(?:_answer)?|list|items?|[uo]l|li|p|br)\b[^<>]*>",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"""^(?: [(（\[]?(?P<digits>\d{1,2})\s*(?: [.)\]](?!\d) | [-:：](?=\s) | [、）．।] )    # 1.  1)  (1)  ١-  1、
           | (?P<keycap>\d)\ufe0f?\u20e3 | [①-⑳] )\s*""",
    re.VERBOSE,
)
_LABEL = re.compile(r"^(?:q|question)\s*\d{0,2}\s*[:.)：]\s*", re.IGNORECASE)  # Q1:  Question:
_BULLET = re.compile(r"^[-*•–—>‣▪▫●○◦·→➤✓✔]+\s+")
_HEADING = re.compile(r"^#+\s+")
# In other languages: Kysymys 1: ... Kysymys 2: ...
_OTHER_LABEL = re.compile(r"^(?P<word>[^\W\d]+(?: la)?)\s*(?P<digits>\d{1,2})\s*[:.)：]\s+")
_PREAMBLE = re.compile(r"[:：]\W*$")
_STATEMENT = re.compile(r"[.!…]\W*$")
_TRANSLATION = re.compile(
    r"(?<=[?？؟;।])\s*[(（\[][^()（）\[\]]*[?？؟;][)）\]]$"
    r"|\s*[(（\[](?:translation|english|answer)\s*[:：].*$",
    re.IGNORECASE,
)
_QUOTES = ('""', "''", "“”", "„“", "«»", "‘’", "「」", "『』", "``")
# What makes a line one of a list; else the word that labels it.
NUMBER, BULLET = "1.", "-"


@dataclass(frozen=True, slots=True)
class _Item:
    """A line of an answer: its text without what makes it one of a list, and what that is."""

    text: str
    kind: str = ""
    number: int = 0

    @property
    def is_prose(self) -> bool:
        return bool(self.text) and not self.kind


def questions_in(answer: str, n: int, cut: bool = False) -> list[str]:
    """Up to `n` questions of a model's answer, one a line, without what models put around them.

    That is thoughts, an introduction, reasoning ahead of a list, answers, code fences, JSON, tags, numbers, bullets,
    bold type, quotes, characters that show nothing, and a translation in brackets.

    Parameters
    ----------
    answer : str
        As it was written.
    n : int
        How many were asked for.
    cut : bool
        Whether the room for the answer was used up; its last line is no whole question then.
    """
    text = _FENCE.sub("", without_thoughts(answer)).strip()
    lines = json_questions(text)
    if lines is None:
        if "<question" in text.lower():
            text = _TAGGED_ANSWER.sub("\n", text)
        own = _TAG.sub("\n", text).splitlines()
        lines = _asked([without_invisible(line.replace("**", "")) for line in (own[:-1] if cut else own)], n)
    cleaned = (_clean(line) for line in lines if not _PREAMBLE.search(line))
    return [line for line in cleaned if any(character.isalnum() for character in line)][:n]


def _asked(lines: Sequence[str], n: int) -> list[str]:
    """The lines of the list; where there is none all lines but reasoning ahead of them."""
    labels = _labels(lines)
    items = [_item(line, labels) for line in lines]
    kinds = sorted({item.kind for item in items if item.kind}, key=_rank)
    if kinds:
        # Of equals the first: answers are lists within a list of questions.
        kind = max(kinds, key=lambda name: sum(item.kind == name and _marked(item) for item in items))
        last = max(row for row, item in enumerate(items) if item.kind == kind)
        plain = sum(map(_marked, items[last + 1 :]))
        listed = [item for item in items if item.kind == kind]
        if len(listed) >= min(2, n) and (any(map(_marked, listed)) or plain < min(2, n)):
            return [item.text for item in _last_list(_lists(items, kind), n)]
    return _without_reasoning(lines, n)


def _rank(kind: str) -> tuple[int, str]:
    return (0 if kind == NUMBER else 2 if kind == BULLET else 1, kind)


def _lists(items: Sequence[_Item], kind: str) -> list[list[_Item]]:
    """The lists of items of a kind: prose ends a list, and number 1 begins one."""
    found: list[list[_Item]] = [[]]
    for item in items:
        if item.is_prose or (item.kind == kind and item.number == 1 and found[-1] and found[-1][-1].number > 1):
            found.append([])
        if item.kind == kind:
            found[-1].append(item)
    return [each for each in found if each]


def _last_list(lists: Sequence[Sequence[_Item]], n: int) -> list[_Item]:
    """The last list, and of those before it as many as are lacking; one without questions is none of them."""
    chosen = list(lists[-1])
    for earlier in reversed(lists[:-1]):
        lacking = n - len(chosen)
        if lacking > 0 and (any(map(_marked, earlier)) or not any(map(_marked, chosen))):
            chosen = [*earlier[-lacking:], *chosen]
    return chosen


def _marked(item: _Item) -> bool:
    return is_marked(item.text)


def _without_reasoning(lines: Sequence[str], n: int) -> list[str]:
    """Without what is said before: all but the last paragraph, if that has all questions; statements before one."""
    last = len(lines)
    while last and not lines[last - 1]:
        last -= 1
    start = next((row + 1 for row in reversed(range(last)) if not lines[row]), 0)
    if n > 1 and last - start >= n:
        return list(lines[start:last])
    first = next((row for row, line in enumerate(lines) if is_marked(line)), 0)
    return [line for row, line in enumerate(lines) if row >= first or not _STATEMENT.search(line)]


def _labels(lines: Sequence[str]) -> set[str]:
    """The words that number the lines: those with a 1 and a 2 behind them."""
    numbers: dict[str, set[int]] = {}
    for line in lines:
        if found := _OTHER_LABEL.match(line):
            numbers.setdefault(found["word"].casefold(), set()).add(int(found["digits"]))
    return {word for word, found in numbers.items() if {1, 2} <= found}


def _item(line: str, labels: set[str]) -> _Item:
    if found := _NUMBER.match(line):
        return _Item(line[found.end() :], NUMBER, int(found["digits"] or found["keycap"] or 0))
    if found := _LABEL.match(line):
        return _Item(line[found.end() :], "question")
    if (found := _OTHER_LABEL.match(line)) and found["word"].casefold() in labels:
        return _Item(line[found.end() :], found["word"].casefold())
    if found := _BULLET.match(line):
        return _Item(line[found.end() :], BULLET)
    return _Item(line)


def _clean(line: str) -> str:
    line = without_invisible(line.replace("**", ""))
    before = None
    while line != before:
        before = line
        for mark in (_HEADING, _BULLET, _LABEL, _NUMBER):
            line = mark.sub("", line, count=1)
        line = _TRANSLATION.sub("", line).strip()
        inner = line.rstrip(",")[1:-1]
        if line.rstrip(",")[:1] + line.rstrip(",")[-1:] in _QUOTES and not {line[0], line.rstrip(",")[-1]} & {*inner}:
            line = inner.strip()
    return line
