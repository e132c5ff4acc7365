"""Sentri (Sorokin et al., NAACL 2022): a passage with an answer in its text is a positive, else a hard negative."""

from __future__ import annotations

from collections.abc import Sequence

from pyserini_xqg.collection.answers import AnswerMatcher
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.training.mining.rules.base import Judge, Judgement, MiningRule


def by_answer_string(example: TrainingExample, read: Sequence[str] = ()) -> Judge:
    """A passage that has an answer in its title only is neither: its page may well be the right one."""
    matcher = AnswerMatcher(example.answers)

    def judge(number: int, passage: Passage) -> Judgement:
        if matcher.found(passage.text):
            return "positive"
        return "answer in the title only" if matcher.found(passage.title) else "negative"

    return judge


RULE = MiningRule(by_answer_string, needs="answers")
