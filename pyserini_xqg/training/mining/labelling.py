"""Labelling of candidates: a question's positives and hard negatives among the passages that a search found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pyserini_xqg.collection.answers import normalised
from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.training.mining.rules.base import Judge
from pyserini_xqg.training.mining.settings import MiningSettings

TOO_NEAR, TWICE = "too near to the positive", "same text twice"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was found, with its score by the retriever (None: there is no retriever)."""

    passage: Passage
    score: float | None = None


@dataclass(frozen=True)
class Labelled:
    """A question with what was found for it.

    Attributes
    ----------
    example : TrainingExample
        Its own positives and negatives first, then those that were found.
    passed_over : Counter
        Why to how many candidates that are neither.
    """

    example: TrainingExample
    passed_over: Counter[str]


def label_candidates(
    example: TrainingExample,
    candidates: Sequence[Candidate],
    judge: Judge,
    settings: MiningSettings,
    own_scores: Sequence[float] = (),
) -> Labelled:
    """Give a question positives and hard negatives.

    Parameters
    ----------
    example : TrainingExample
        Its own positives stay; a candidate with the id or the text of one is never a negative.
    candidates : sequence of Candidate
        Best first.
    judge : callable
        Of the rule: says what a candidate is, from its number and its passage.
    settings : MiningSettings
    own_scores : sequence of float
        The scores of the example's own positives, where there is a margin.
    """
    ids = {passage.id for passage in example.positives}
    texts = {normalised(passage.text) for passage in example.positives}
    known = {normalised(passage.text) for passage in example.negatives}
    positives: list[Passage] = []
    negatives: list[Candidate] = []
    scores = list(own_scores)
    passed_over: Counter[str] = Counter()
    for number, candidate in enumerate(candidates):
        passage, text = candidate.passage, normalised(candidate.passage.text)
        if passage.id in ids or text in texts:
            if candidate.score is not None:
                scores.append(candidate.score)
            continue
        if not text or text in known:
            passed_over[TWICE if text else "empty"] += 1
            continue
        known.add(text)
        verdict = judge(number, passage)
        if verdict == "positive":
            positives.append(passage)
            if candidate.score is not None:
                scores.append(candidate.score)
        elif verdict == "negative":
            negatives.append(candidate)
        else:
            passed_over[verdict] += 1
    limit = _limit(max(scores), settings) if scores else None
    far = [each.passage for each in negatives if limit is None or each.score is None or each.score <= limit]
    passed_over[TOO_NEAR] += len(negatives) - len(far)
    found = replace(
        example,
        positives=(*example.positives, *positives[: settings.positives]),
        negatives=(*example.negatives, *far[: settings.negatives]),
    )
    return Labelled(found, +passed_over)


def _limit(positive: float, settings: MiningSettings) -> float | None:
    """The most that a negative may score beside a positive's score."""
    if settings.margin_kind == "none":
        return None
    # Scores can be below 0, where a share of one is above it.
    return positive - settings.margin * (abs(positive) if settings.margin_kind == "relative" else 1.0)
