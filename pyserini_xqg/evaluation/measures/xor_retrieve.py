"""XOR-Retrieve's evaluation: R@2kt and R@5kt per language and their mean over the languages, as the official script.

What it does beside R@kt itself (:mod:`pyserini_xqg.evaluation.measures.recall_at_tokens`):

* It goes by the predictions. A gold question without one is not counted at all, where other measures count a miss; a
  question with two is counted twice; one that is not in the gold file is passed over.
* The language is the prediction's. It has a row as soon as one prediction has it, counted or not.
* The mean is over languages in which something was counted, each weighing the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion, Prediction
from pyserini_xqg.evaluation.measures.recall_at_tokens import THRESHOLDS, Matcher, Substring, hits, officially_counted


@dataclass(frozen=True, slots=True)
class CountedPrediction:
    """A prediction that counted, and at which thresholds (in tokens) it is a hit."""

    id: str
    language: str
    hits: Mapping[int, bool]


@dataclass(frozen=True)
class Evaluation:
    """What a file of predictions reached.

    Attributes
    ----------
    languages : sequence of str
        Of all predictions, in the order of their first.
    outcomes : sequence of CountedPrediction
        One a counted prediction, in the order of the predictions: what a test of significance compares.
    unanswered : sequence of str
        Ids of gold questions that would have counted and have no prediction.
    """

    languages: Sequence[str]
    outcomes: Sequence[CountedPrediction]
    unanswered: Sequence[str]

    def count(self, language: str) -> int:
        """How many predictions counted."""
        return sum(outcome.language == language for outcome in self.outcomes)

    def hits(self, language: str, tokens: int) -> int:
        """How many of them are hits."""
        return sum(outcome.hits[tokens] for outcome in self.outcomes if outcome.language == language)

    def recall(self, tokens: int) -> dict[str, float]:
        """R@kt of each language in which something was counted, per cent."""
        counts = {language: self.count(language) for language in self.languages}
        return {language: 100 * self.hits(language, tokens) / count for language, count in counts.items() if count}

    def mean_recall(self, tokens: int) -> float:
        """The mean of :meth:`recall` over the languages: the figure that systems are ranked by."""
        values = self.recall(tokens).values()
        return sum(values) / len(values)


def evaluate(
    gold: Mapping[str, GoldQuestion],
    predictions: Iterable[Prediction],
    thresholds: Sequence[int] = THRESHOLDS,
    matcher: type[Matcher] = Substring,
) -> Evaluation:
    """Evaluate predictions.

    Parameters
    ----------
    gold : mapping
        The gold questions by id.
    predictions : iterable of Prediction
        Taken one at a time, in their order.
    thresholds : sequence of int
        In tokens.
    matcher : type
        :class:`~pyserini_xqg.evaluation.measures.recall_at_tokens.Substring` is the official measure.

    Raises
    ------
    InvalidInput
        No prediction counts.
    MissingPrerequisite
        NLTK's tokens cannot be had.
    """
    counted = {identifier: officially_counted(question.answers) for identifier, question in gold.items()}
    languages: dict[str, None] = {}
    outcomes = []
    predicted = set()
    for prediction in predictions:
        languages.setdefault(prediction.language)
        predicted.add(prediction.id)
        if answers := counted.get(prediction.id):
            found = hits(prediction.passages, answers, thresholds, matcher)
            outcomes.append(CountedPrediction(prediction.id, prediction.language, found))
    if not outcomes:
        raise InvalidInput(
            f"none of the {len(predicted)} predicted questions is among the {len(gold)} gold questions with an answer "
            'other than "yes" and "no"; predictions and gold of the same questions are expected'
        )
    unanswered = [identifier for identifier, answers in counted.items() if answers and identifier not in predicted]
    return Evaluation(list(languages), outcomes, unanswered)


def names_in_gold(predicted: Iterable[str], gold: Iterable[str]) -> dict[str, str]:
    """The gold file's name of each language that predictions name; their own where it has none.

    The training file of XOR-TyDi says " ar", and whoever predicts says "ar". These are one language unless the
    predictions have both, which the official script takes for two.
    """
    named, there = dict.fromkeys(predicted), list(gold)
    others = {language.strip(): language for language in there if language not in named}
    return {language: language if language in there else others.pop(language.strip(), language) for language in named}
