"""Scores of a retriever on dev while it is trained: questions ranked against passages, by any measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from sentence_transformers.base.evaluation import BaseEvaluator

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage, passage_key, passage_text
from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion, Prediction
from pyserini_xqg.evaluation.measures.recall_at_tokens import officially_counted
from pyserini_xqg.evaluation.measures.scores import parse_measures, score_predictions, score_run
from pyserini_xqg.evaluation.measures.tokens_measure import TokensMeasure
from pyserini_xqg.training.common.checkpoints import FIGURE
from pyserini_xqg.training.data.batches import TextForm

DEPTH = 100
BATCH = 64


class DevScorer(BaseEvaluator):
    """Scores a model; the trainer calls it at every checkpoint.

    Parameters
    ----------
    examples : sequence of TrainingExample
        The questions, with their positives.
    corpus : iterable of Passage
        What is searched beside the examples' own passages. Passages with the same text are one.
    measures : sequence of str
        Of ir_measures, and R@kt; the first is the figure.
    form : TextForm

    Raises
    ------
    UsageError
        A measure is none.
    InvalidInput
        R@kt is asked for and no question has answers.
    """

    def __init__(
        self, examples: Sequence[TrainingExample], corpus: Iterable[Passage], measures: Sequence[str], form: TextForm
    ):
        super().__init__()  # type: ignore[no-untyped-call]
        self.primary_metric = FIGURE
        self.greater_is_better = True
        self._form = form
        # Two data sets can have the same ids.
        self._examples = [replace(example, id=str(number)) for number, example in enumerate(examples)]
        own = (passage for example in examples for passage in (*example.positives, *example.negatives))
        texts: dict[str, Passage] = {}
        for passage in (*own, *corpus):
            texts.setdefault(passage_key(passage), passage)
        self._passages = list(texts.values())
        rows = {key: str(row) for row, key in enumerate(texts)}
        self._qrels = {
            example.id: {rows[passage_key(passage)]: 1 for passage in example.positives} for example in self._examples
        }
        parsed = parse_measures(measures)
        self._of_tokens = [measure for measure in parsed if isinstance(measure, TokensMeasure)]
        self._of_ranks = [measure for measure in parsed if not isinstance(measure, TokensMeasure)]
        self.measures = [str(measure) for measure in parsed]
        self._gold = {
            example.id: GoldQuestion(example.id, example.question, example.answers, example.language)
            for example in self._examples
            if officially_counted(example.answers)
        }
        if self._of_tokens and not self._gold:
            raise InvalidInput(
                f"{self._of_tokens[0]} needs answers and no question of dev has any; choose other measures"
            )
        too_deep = [str(measure) for measure in self._of_ranks if _cutoff(measure) > DEPTH]
        if too_deep:
            raise UsageError(
                f"{', '.join(too_deep)}: dev is searched {DEPTH} passages deep; a smaller cutoff is expected"
            )

    @property
    def passages(self) -> int:
        """How many passages are searched."""
        return len(self._passages)

    def __call__(
        self, model: Any, output_path: str | None = None, epoch: float = -1, steps: int = -1, **_: Any
    ) -> dict[str, float]:
        """The figure (``dev``), and every measure's mean over the languages and value for each (``RR@10``,
        ``RR@10 fi``).
        """
        run = self._search(model)
        values = dict(score_run(run, self._qrels, self._of_ranks).values) if self._of_ranks else {}
        if self._of_tokens:
            predictions = (
                Prediction(each.id, each.language, [self._passages[int(row)].text for row in run[each.id]])
                for each in self._examples
                if each.id in self._gold
            )
            values |= score_predictions(self._gold, predictions, self._of_tokens).values
        scores: dict[str, float] = {}
        for measure in self.measures:
            by_language = self._by_language(values[measure])
            scores[measure] = float(np.mean(list(by_language.values())))
            if len(by_language) > 1:
                scores |= {f"{measure} {language}": value for language, value in by_language.items()}
        return {FIGURE: scores[self.measures[0]], **scores}

    def _by_language(self, values: Mapping[str, float]) -> dict[str, float]:
        found: dict[str, list[float]] = {}
        for example in self._examples:
            if example.id in values:
                found.setdefault(example.language, []).append(values[example.id])
        return {language: float(np.mean(found[language])) for language in sorted(found)}

    def _search(self, model: Any) -> dict[str, list[str]]:
        """The best passages of each question, as numbers in the list of passages."""
        passages = embed(model, self._form, [passage_text(each.title, each.text) for each in self._passages], "passage")
        questions = embed(model, self._form, [example.question for example in self._examples], "query")
        depth = min(DEPTH, len(self._passages))
        run = {}
        for start in range(0, len(questions), BATCH):
            scores = questions[start : start + BATCH] @ passages.T
            # A stable order, so that passages that tie come in the same one in every run.
            for example, best in zip(
                self._examples[start : start + BATCH], np.argsort(-scores, kind="stable"), strict=True
            ):
                run[example.id] = [str(row) for row in best[:depth]]
        return run


def embed(model: Any, form: TextForm, texts: Sequence[str], kind: str) -> Vectors:
    """Vectors of texts by a model that is being trained, which is as before afterwards."""
    was_training = model.training
    model.eval()
    order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
    vectors: Vectors | None = None
    try:
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                features = {
                    name: value.to(model.device) if isinstance(value, torch.Tensor) else value
                    for name, value in form.features([texts[row] for row in rows], kind).items()
                }
                found = model(features)["sentence_embedding"].float().cpu().numpy()
                if vectors is None:
                    vectors = np.empty((len(texts), found.shape[1]), dtype=np.float32)
                vectors[rows] = found
    finally:
        model.train(was_training)
    assert vectors is not None
    return vectors


def _cutoff(measure: Any) -> int:
    return int(measure.params.get("cutoff") or 0)
