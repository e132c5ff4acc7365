"""What each recipe says of a passage that was found for a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyserini_xqg.collection.answers import AnswerMatcher, counted_answers, same_answer
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.training.mining.labelling import Verdict

Judge = Callable[[int, Passage], Verdict]


def by_answer_string(example: TrainingExample) -> Judge:
    """Sentri: a passage with an answer in its text is a positive, any other a hard negative.

    One that has it in its title only is neither: its page may well be the right one.
    """
    matcher = AnswerMatcher(example.answers)

    def judge(number: int, passage: Passage) -> Verdict:
        if matcher.found(passage.text):
            return "positive"
        return "answer in the title only" if matcher.found(passage.title) else "negative"

    return judge


def by_reader(example: TrainingExample, read: Sequence[str]) -> Judge:
    """CORA: a passage from which the reader gets an answer is a positive, any other a hard negative.

    Parameters
    ----------
    example : TrainingExample
    read : sequence of str
        What the reader answered from each passage.
    """
    answers = counted_answers(example.answers)

    def judge(number: int, passage: Passage) -> Verdict:
        return "positive" if same_answer(read[number], answers) else "negative"

    return judge


def by_absence(example: TrainingExample) -> Judge:
    """Hard negatives: no passage is a new positive, and one with an answer in it is no negative."""
    matcher = AnswerMatcher(example.answers)

    def judge(number: int, passage: Passage) -> Verdict:
        if matcher.found(passage.text):
            return "has an answer"
        return "answer in the title only" if matcher.found(passage.title) else "negative"

    return judge
