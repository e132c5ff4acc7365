"""CORA (Asai et al., NeurIPS 2021): a passage from which a reader answers right is a positive, else a hard negative."""

from __future__ import annotations

from collections.abc import Sequence

from pyserini_xqg.collection.answers import counted_answers, same_answer
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.training.mining.rules.base import Judge, Judgement, MiningRule


def by_reader(example: TrainingExample, read: Sequence[str]) -> Judge:
    """Whatever the passage's text holds, what the reader answered from it decides."""
    answers = counted_answers(example.answers)

    def judge(number: int, passage: Passage) -> Judgement:
        return "positive" if same_answer(read[number], answers) else "negative"

    return judge


RULE = MiningRule(by_reader, needs="answers", reads=True)
