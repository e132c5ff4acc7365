"""English forms of questions: where the training data do not have them, parallel questions can.

Some parallel questions can be questions of the dev set: those are left out by their text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pyserini_xqg.collection.answers import normalised
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.parallel import ParallelQuestion


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
