"""Validation of training data before the first step: counts, empty fields, repeated questions."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import passage_key
from pyserini_xqg.errors import InvalidInput

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class CheckedExamples:
    """Examples that can be used.

    Attributes
    ----------
    examples : list of TrainingExample
    languages : mapping
        Language to ``questions``, ``positives``, ``negatives``, ``without negatives``.
    left_out : mapping
        Why to how many: examples (``empty question``, ``no positive``, ``other language``, ``repeated``, ``question of
        dev``) and passages of the remaining ones (``empty passage``, ``negative that is a positive``).
    """

    examples: list[TrainingExample]
    languages: Mapping[str, Mapping[str, int]]
    left_out: Mapping[str, int]


def check_examples(
    examples: Iterable[TrainingExample],
    name: str,
    languages: Sequence[str] | None = None,
    need_positives: bool = True,
) -> CheckedExamples:
    """Leave out what nothing can be learned from, and count it.

    Parameters
    ----------
    examples : iterable of TrainingExample
    name : str
        Of the data, for messages.
    languages : sequence of str or None
        Keep questions in these only.
    need_positives : bool
        Whether a question without a positive passage is of no use.

    Raises
    ------
    InvalidInput
        Nothing is left, or two different questions of one data set and language have the same id.
    """
    kept: dict[tuple[str, str, str], TrainingExample] = {}
    questions: set[tuple[str, str]] = set()
    left_out: Counter[str] = Counter()
    seen: set[str] = set()
    for example in examples:
        seen.add(example.language)
        example = _without_useless_passages(example, left_out)
        key = (example.data_set, example.language, example.id)
        other = kept.get(key)
        if not example.question:
            left_out["empty question"] += 1
        elif languages is not None and example.language not in languages:
            left_out["other language"] += 1
        elif need_positives and not example.positives:
            left_out["no positive"] += 1
        elif (example.id, example.question) in questions:
            left_out["repeated"] += 1
        elif other is None:
            kept[key] = example
            questions.add((example.id, example.question))
        else:
            raise InvalidInput(
                f"{name}: the id {example.id!r} is that of two questions, {other.question[:60]!r} and "
                f"{example.question[:60]!r}; ids must be unique in a language and a folder (have the data say the "
                "language, or put it before the ids)"
            )
    if not kept:
        asked = f"; languages are {', '.join(sorted(seen))}, asked for were {', '.join(languages)}" if languages else ""
        raise InvalidInput(f"{name}: no example can be used ({listed(left_out) or 'there is none'}){asked}")
    left_out = +left_out
    if left_out:
        log.warning("%s: left out: %s", name, listed(left_out))
    return CheckedExamples(list(kept.values()), language_counts(kept.values()), dict(left_out))


def language_counts(examples: Iterable[TrainingExample]) -> dict[str, dict[str, int]]:
    """Questions, positives, negatives and questions without negatives of each language."""
    counts: dict[str, Counter[str]] = {}
    for example in examples:
        counts.setdefault(example.language, Counter()).update(
            {
                "questions": 1,
                "positives": len(example.positives),
                "negatives": len(example.negatives),
                "without negatives": int(not example.negatives),
            }
        )
    return {code: dict(counts[code]) for code in sorted(counts)}


def _without_useless_passages(example: TrainingExample, left_out: Counter[str]) -> TrainingExample:
    positives = tuple(passage for passage in example.positives if passage.text)
    own = {passage_key(passage) for passage in positives}
    filled = [passage for passage in example.negatives if passage.text]
    negatives = tuple(passage for passage in filled if passage_key(passage) not in own)
    left_out["empty passage"] += len(example.positives) + len(example.negatives) - len(positives) - len(filled)
    left_out["negative that is a positive"] += len(filled) - len(negatives)
    return replace(example, positives=positives, negatives=negatives)


def listed(counts: Mapping[str, int]) -> str:
    """Counts in words, those that are 0 left out."""
    return ", ".join(f"{why} {count:,}" for why, count in counts.items() if count)
