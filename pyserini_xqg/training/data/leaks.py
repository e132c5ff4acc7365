"""Leaks: questions of dev that are in train, found by id and by text.

An id is looked at only within a data set (the files of one folder) and a language that is known: Mr. TyDi and MIRACL
count their questions from 0 in each language.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from pyserini_xqg.collection.answers import normalised
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.passages import passage_key
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.data.settings import LeakPolicy
from pyserini_xqg.training.data.validation import CheckedExamples, language_counts

SHOWN = 3

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class Leaks:
    """What train and dev have in common, as (in train, in dev) pairs of question ids.

    Attributes
    ----------
    ids, questions : tuple of (str, str)
        The same id in the same language and data set; the same text, letter case and punctuation aside, of the question
        or of its English form.
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
        _shared(train, dev, _id_keys),
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
            f"{leaks}. Give --leaks drop to train without these questions: the figures on dev are then of questions "
            "that training never saw. Published results come from training on all of them (31 questions of XOR-TyDi's "
            "dev are in its train): --leaks allow does that, to reproduce them"
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
    held = {key for example in dev.examples for key in _keys(example)}
    kept = [example for example in train.examples if held.isdisjoint(_keys(example))]
    if not kept:
        raise InvalidInput("all questions of train are in dev: nothing is left to train on; give other questions")
    left_out = {**train.left_out, "question of dev": len(train.examples) - len(kept)}
    return CheckedExamples(kept, language_counts(kept), left_out), find_leaks(kept, dev.examples)


def _keys(example: TrainingExample) -> list[Hashable]:
    return [*_id_keys(example), *_question_keys(example)]


def _id_keys(example: TrainingExample) -> list[Hashable]:
    known = example.language != UNKNOWN_LANGUAGE
    return [(example.data_set, example.language, example.id)] if known else []


def _question_keys(example: TrainingExample) -> list[Hashable]:
    return [normalised(text) or text for text in (example.question, example.english) if text]


def _shared(
    train: Sequence[TrainingExample], dev: Sequence[TrainingExample], keys: Callable[[TrainingExample], list[Hashable]]
) -> tuple[tuple[str, str], ...]:
    holder = {key: example.id for example in train for key in keys(example)}
    found = ((next((holder[key] for key in keys(each) if key in holder), None), each.id) for each in dev)
    return tuple((known, identifier) for known, identifier in found if known is not None)
