"""What training data are worth, before the first step: counts, empty fields, and leaks from train to dev."""

from __future__ import annotations

import logging
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import regex

from pyserini_xqg.collection import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.examples import TrainingExample
from pyserini_xqg.training.settings import LeakPolicy

# Marks are letters' vowels in Indic scripts; \w leaves them out.
NO_WORD = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
SHOWN = 3

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
        Nothing is left, or two different questions have the same id.
    """
    kept: dict[str, TrainingExample] = {}
    left_out: Counter[str] = Counter()
    seen: set[str] = set()
    for example in examples:
        seen.add(example.language)
        example = _without_useless_passages(example, left_out)
        other = kept.get(example.id)
        if not example.question:
            left_out["empty question"] += 1
        elif languages is not None and example.language not in languages:
            left_out["other language"] += 1
        elif need_positives and not example.positives:
            left_out["no positive"] += 1
        elif other is None:
            kept[example.id] = example
        elif other.question == example.question:
            left_out["repeated"] += 1
        else:
            raise InvalidInput(
                f"{name}: the id {example.id!r} is that of two questions, {other.question[:60]!r} and "
                f"{example.question[:60]!r}; ids must be unique (put the language before them)"
            )
    if not kept:
        asked = f"; languages are {', '.join(sorted(seen))}, asked for were {', '.join(languages)}" if languages else ""
        raise InvalidInput(f"{name}: no example can be used ({_listed(left_out) or 'there is none'}){asked}")
    left_out = +left_out
    if left_out:
        log.warning("%s: left out: %s", name, _listed(left_out))
    return CheckedExamples(list(kept.values()), _languages(kept.values()), dict(left_out))


@dataclass(frozen=True)
class Leaks:
    """What train and dev have in common, as (in train, in dev) pairs of question ids.

    Attributes
    ----------
    ids, questions : tuple of (str, str)
        The same id; the same text, letter case and punctuation aside, of the question or of its English form.
    passages : int
        Questions of dev with a positive passage that is one in train, which may be intended.
    """

    ids: tuple[tuple[str, str], ...]
    questions: tuple[tuple[str, str], ...]
    passages: int

    def __bool__(self) -> bool:
        return bool(self.ids or self.questions)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        return {"ids": len(self.ids), "questions": len(self.questions), "passages": self.passages}

    def __str__(self) -> str:
        said = []
        for pairs, what in ((self.ids, "the same id"), (self.questions, "the same text (or the same in English)")):
            if pairs:
                shown = ", ".join(train if train == dev else f"{train} = {dev}" for train, dev in pairs[:SHOWN])
                said.append(
                    f"{len(pairs):,} questions of dev have {what} as one of train: {shown}"
                    + (", ..." if len(pairs) > SHOWN else "")
                )
        return "; ".join(said)


def find_leaks(train: Sequence[TrainingExample], dev: Sequence[TrainingExample]) -> Leaks:
    """What dev shares with train."""
    return Leaks(
        _shared(train, dev, lambda example: [example.id]),
        _shared(train, dev, _question_keys),
        len(_shared(train, dev, lambda example: [passage_key(passage) for passage in example.positives])),
    )


def refuse_leaks(leaks: Leaks, policy: LeakPolicy) -> None:
    """End with an error where dev questions are in train, unless that is provided for; then warn.

    Raises
    ------
    InvalidInput
        There are some.
    """
    if leaks.passages:
        log.warning("%s questions of dev are answered by a passage that answers one of train", f"{leaks.passages:,}")
    if leaks and policy == "refuse":
        raise InvalidInput(
            f"{leaks}. Give --leaks drop to train without these questions, or --leaks allow to train on them all the "
            "same"
        )
    if leaks:
        log.warning("%s%s", leaks, "; they are left out of train" if policy == "drop" else "")


def settle_leaks(train: CheckedExamples, dev: CheckedExamples, policy: LeakPolicy) -> tuple[CheckedExamples, Leaks]:
    """What is trained on, and what it shares with dev; see :data:`LeakPolicy`.

    Raises
    ------
    InvalidInput
        Questions of dev are in train and that is refused, or nothing else is in train.
    """
    leaks = find_leaks(train.examples, dev.examples)
    refuse_leaks(leaks, policy)
    if not leaks or policy != "drop":
        return train, leaks
    ids = {example.id for example in dev.examples}
    questions = {key for example in dev.examples for key in _question_keys(example)}
    kept = [
        example for example in train.examples if example.id not in ids and questions.isdisjoint(_question_keys(example))
    ]
    if not kept:
        raise InvalidInput("all questions of train are in dev: nothing is left to train on; give other questions")
    left_out = {**train.left_out, "question of dev": len(train.examples) - len(kept)}
    return CheckedExamples(kept, _languages(kept), left_out), find_leaks(kept, dev.examples)


def normalised(text: str) -> str:
    """A text's words, letter case, punctuation and forms of the same letter aside."""
    return str(NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip())


def passage_key(passage: Passage) -> str:
    """What tells passages apart: their text (ids differ between data sets)."""
    return passage.text


def _question_keys(example: TrainingExample) -> list[str]:
    return [normalised(text) or text for text in (example.question, example.english) if text]


def _shared(
    train: Sequence[TrainingExample], dev: Sequence[TrainingExample], keys: Callable[[TrainingExample], list[str]]
) -> tuple[tuple[str, str], ...]:
    holder = {key: example.id for example in train for key in keys(example)}
    found = ((next((holder[key] for key in keys(each) if key in holder), None), each.id) for each in dev)
    return tuple((known, identifier) for known, identifier in found if known is not None)


def _languages(examples: Iterable[TrainingExample]) -> dict[str, dict[str, int]]:
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


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{why} {count:,}" for why, count in counts.items() if count)
