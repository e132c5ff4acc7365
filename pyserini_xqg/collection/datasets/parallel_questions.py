"""Questions with their English form, line by line: folders ``{L}-en`` with ``{L}.txt`` and ``en.txt``, as XOR-TyDi has.

They have no ids and no passages, and some of them can be questions of the dev set: those are left out by their text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyserini_xqg.collection.answers import normalised
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.parallel import read_lines
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import InvalidInput, MissingInput

FOLDER = re.compile(r"^([a-z]{2,3})-en$")


@dataclass(frozen=True, slots=True)
class ParallelQuestion:
    """A question and the same in English."""

    question: str
    english: str
    language: str


def read_parallel(folder: Path) -> list[ParallelQuestion]:
    """The pairs of a folder ``{L}-en``, or of all such folders in `folder`; lines that are empty on a side too.

    Raises
    ------
    MissingInput
        There is no such folder or file.
    InvalidInput
        The two files have different numbers of lines, or are not UTF-8.
    """
    if not folder.is_dir():
        raise MissingInput(f"{folder}: no such folder; one with parallel questions is expected (fi-en/fi.txt, en.txt)")
    inner = sorted(each for each in folder.iterdir() if each.is_dir() and FOLDER.match(each.name))
    folders = [folder] if FOLDER.match(folder.resolve().name) else inner
    if not folders:
        raise MissingInput(f"{folder}: no folder of parallel questions in it; fi-en with fi.txt and en.txt is one")
    return [pair for each in folders for pair in _pairs(each)]


def usable_pairs(
    pairs: Iterable[ParallelQuestion], dev: Sequence[TrainingExample]
) -> tuple[list[ParallelQuestion], dict[str, int]]:
    """Those to train on, and how many others there are and why.

    Left out are pairs with an empty side, repeated ones, those of which a side is a question of dev (or its English
    form), and those with the same English form as one of these, which ask the same in another language.
    """
    held = {normalised(text) for example in dev for text in (example.question, example.english) if text}
    left_out: Counter[str] = Counter()
    seen: dict[tuple[str, str], ParallelQuestion] = {}
    for pair in pairs:
        key = (normalised(pair.question), normalised(pair.english))
        if not all(key):
            left_out["empty question"] += 1
        elif key in seen:
            left_out["repeated"] += 1
        else:
            seen[key] = pair
    same = {english for question, english in seen if {question, english} & held}
    kept = [pair for (_, english), pair in seen.items() if english not in same]
    left_out["question of dev"] = len(seen) - len(kept)
    return kept, dict(+left_out)


def with_english(
    examples: Iterable[TrainingExample], pairs: Iterable[ParallelQuestion]
) -> tuple[list[TrainingExample], dict[str, int]]:
    """Examples whose English form is known, and how many have it from where.

    It is the example's own, the question itself if it is in English, or that of a pair with the same question in the
    same language. The other examples are left out (``no English form``).
    """
    known = {(pair.language, normalised(pair.question)): pair.english for pair in pairs}
    kept = []
    counts: Counter[str] = Counter()
    for example in examples:
        english, where = example.english, "their own"
        if not english and example.language == "en":
            english, where = example.question, "in English"
        if not english:
            english, where = known.get((example.language, normalised(example.question))), "parallel questions"
        if english:
            kept.append(replace(example, english=english))
        counts[where if english else "no English form"] += 1
    return kept, dict(counts)


def languages_of(pairs: Iterable[ParallelQuestion]) -> Mapping[str, int]:
    """How many pairs there are of each language."""
    counts = Counter(pair.language for pair in pairs)
    return {code: counts[code] for code in sorted(counts)}


def _pairs(folder: Path) -> Iterator[ParallelQuestion]:
    found = FOLDER.match(folder.resolve().name)
    assert found is not None
    sides = [read_lines(folder / f"{name}.txt") for name in (found[1], "en")]
    if len(sides[0]) != len(sides[1]):
        raise InvalidInput(
            f"{folder}: {found[1]}.txt has {len(sides[0]):,} lines and en.txt {len(sides[1]):,}; the same number is "
            "expected, line by line the same question"
        )
    language = language_code(found[1])
    for question, english in zip(*sides, strict=True):
        yield ParallelQuestion(question.strip(), english.strip(), language)
