"""Interface of a mining rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage

# "positive", "negative", or in a few words why a passage is neither, which is counted.
Judgement = str
# From the number of a passage among those that were found, and the passage.
Judge = Callable[[int, Passage], Judgement]


class JudgeMaker(Protocol):
    """Makes the judge of one question's passages."""

    def __call__(self, example: TrainingExample, read: Sequence[str]) -> Judge:
        """The judge.

        Parameters
        ----------
        example : TrainingExample
            The question.
        read : sequence of str
            What the reader answered from each passage; empty where the rule has no reader.
        """
        ...


@dataclass(frozen=True)
class MiningRule:
    """A rule, and what it needs of questions and of the run.

    Parameters
    ----------
    judge : JudgeMaker
    needs : {"answers", "positives"}
        What a question has to have to be searched for.
    reads : bool
        Whether a question-answering model answers from each passage (``--reader``).
    defaults : mapping
        Fields of :class:`pyserini_xqg.training.MiningSettings` that it sets otherwise.
    """

    judge: JudgeMaker
    needs: Literal["answers", "positives"]
    reads: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
