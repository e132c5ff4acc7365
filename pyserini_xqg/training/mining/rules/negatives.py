"""Hard negatives: no passage is a new positive, and one with an answer in it is no negative."""

from __future__ import annotations

from collections.abc import Sequence

from pyserini_xqg.collection.answers import AnswerMatcher
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.training.mining.rules.base import Judge, Judgement, MiningRule


def by_absence(example: TrainingExample, read: Sequence[str] = ()) -> Judge:
    """A passage that has an answer in its title only is no negative either."""
    matcher = AnswerMatcher(example.answers)

    def judge(number: int, passage: Passage) -> Judgement:
        if matcher.found(passage.text):
            return "has an answer"
        return "answer in the title only" if matcher.found(passage.title) else "negative"

    return judge


RULE = MiningRule(by_absence, needs="positives", defaults={"margin_kind": "relative"})
