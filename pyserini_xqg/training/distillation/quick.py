"""QuiCK: a query generator's log P(question | passage) is what the student's ranking comes near to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample, content_id
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.workspace import Workspace
from pyserini_xqg.training.common.environment import processes
from pyserini_xqg.training.data.batches import Place
from pyserini_xqg.training.data.generated import QueriesByLanguage, generated_queries
from pyserini_xqg.training.distillation.losses import QuickLoss
from pyserini_xqg.training.distillation.query_likelihood import QueryLikelihood, QuestionPassage, open_query_likelihood
from pyserini_xqg.training.distillation.settings import DistillDataSettings, QuickSettings
from pyserini_xqg.training.distillation.training import TEACHER, CandidateRows, DistillTraining, Values, in_parts


def distill_quick(
    data: DistillDataSettings,
    output: str | Path,
    settings: QuickSettings,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Manifest:
    """Train a retriever by a query generator, see :class:`QuickTraining`.

    The same call after a kill goes on, while the teacher scores and while the student learns, and ends with the same
    weights.

    Parameters
    ----------
    data : DistillDataSettings
    output : str or Path
        The model folder to make, as of :func:`pyserini_xqg.training.train_retriever`.
    settings : QuickSettings
    device : str or None
    show_progress : bool

    Raises
    ------
    MissingPrerequisite, MissingInput, InvalidInput, UsageError, XqgError
        As of :func:`pyserini_xqg.training.train_retriever`; also for the teacher and the generated queries.
    """
    return QuickTraining(data, settings, device).run(output, show_progress)


class QuickRows(CandidateRows):
    """Candidates with the teacher's scores, and generated questions in the place of some of the originals.

    In epoch e of E a question is replaced with the probability share * (e + 1/2) / E, on a straight line from 0 to
    `share`: first the student learns to rank by questions that people asked, and the more of that it can, the more
    generated ones, which can be wrong, it is given to align with them. What a generated question is to reach are the
    original's scores of the same candidates.

    Parameters
    ----------
    examples, negatives, seed
        See :class:`CandidateRows`.
    share : float
    epochs : int

    Attributes
    ----------
    generated : sequence of mappings
        Of each example: language to the questions that were generated for its positive.
    """

    def __init__(self, examples: Sequence[TrainingExample], negatives: int, seed: int, share: float, epochs: int):
        super().__init__(examples, negatives, seed)
        self.generated: Sequence[QueriesByLanguage] = [{} for _ in examples]
        self._share = share
        self._epochs = epochs

    def asked(self, place: Place) -> TrainingExample:
        """The example, perhaps with a generated question; each language that there is has the same chance."""
        example, queries = self.examples[place.number], self.generated[place.number]
        random = self._random("generated", place)
        if not queries or random.random() >= self._share * (place.epoch + 0.5) / self._epochs:
            return example
        language = random.choice(sorted(queries))
        return replace(example, question=random.choice(queries[language]), language=language)


class QuickTraining(DistillTraining):
    """Data, student and generator of a QuiCK training, read and checked.

    Parameters
    ----------
    data : DistillDataSettings
    settings : QuickSettings
    device : str or None
    """

    settings: QuickSettings
    rows: QuickRows

    def __init__(self, data: DistillDataSettings, settings: QuickSettings, device: str | None = None):
        if data.parallel:
            raise UsageError("parallel questions are data of the recipe dr-decr; quick has none")
        super().__init__(data, settings, device)
        self._teacher: QueryLikelihood | None = open_query_likelihood(
            str(settings.teacher),
            revision=settings.teacher_revision,
            prompt=settings.prompt,
            input_length=settings.teacher_input_length,
            query_length=settings.teacher_query_length,
            dtype=settings.teacher_dtype,
            device=self.device,
        )
        template: str = self._teacher.settings["prompt"]
        unknown = [example for example in self.train.examples if example.language == UNKNOWN_LANGUAGE]
        if unknown and "{language}" in template:
            raise InvalidInput(
                f"{len(unknown):,} questions do not say their language (the first is {unknown[0].id}), which the "
                "teacher's prompt names; give --default-language, or a prompt without {language}"
            )

    def identity(self) -> dict[str, Any]:
        """What decides on the weights."""
        identity = super().identity()
        identity["inputs"]["teacher"] = fingerprint(self.settings.teacher) or self._revision
        if self.data.queries:
            identity["inputs"]["queries"] = content_id(json.dumps(self.rows.generated, sort_keys=True))
        return identity

    def more_counts(self) -> dict[str, Any]:
        """Of the generated questions."""
        if not self.data.queries:
            return {}
        languages: Counter[str] = Counter()
        for queries in self.rows.generated:
            languages.update({language: len(texts) for language, texts in queries.items()})
        with_any = sum(map(bool, self.rows.generated))
        return {
            "generated": {
                "examples with some": with_any,
                "without": len(self.rows) - with_any,
                "queries": {language: languages[language] for language in sorted(languages)},
            }
        }

    def _rows(self) -> QuickRows:
        examples, settings = self.train.examples, self.settings
        rows = QuickRows(examples, settings.negatives, settings.seed, settings.generated_share, settings.epochs)
        positives = [rows.positive(Place(0, number)) for number in range(len(examples))]
        found = generated_queries(positives, self.data.queries, self.data.queries_corpus)
        rows.generated = [
            {language: texts for language, texts in queries.items() if language != example.language}
            for example, queries in zip(examples, found, strict=True)
        ]
        return rows

    def _teach(self, workspace: Workspace, show_progress: bool) -> None:
        assert self._teacher is not None
        if self.settings.weight:
            self.rows.scores = in_parts(
                workspace.folder / TEACHER,
                len(self.rows),
                partial(self._scores, self._teacher),
                label="log P(question | passage)",
                show_progress=show_progress,
            )
        else:  # what it would say does not count
            self.rows.scores = np.zeros((len(self.rows), 1 + self.settings.negatives), dtype=np.float32)
        self._teacher = None  # its memory is the student's now

    def _scores(self, teacher: QueryLikelihood, numbers: range) -> Values:
        examples = [self.train.examples[number] for number in numbers]
        pairs = [
            QuestionPassage(example.question, example.language, passage)
            for number, example in zip(numbers, examples, strict=True)
            for passage in self.rows.candidates(number)
        ]
        return np.asarray(teacher.score(pairs)).reshape(len(examples), -1)

    def _loss(self) -> QuickLoss:
        chosen = self.settings
        return QuickLoss(self.model, self.scale, chosen.temperature, chosen.weight, chosen.mini_batch, processes())

    @property
    def _revision(self) -> str | None:
        """Of a teacher from the hub."""
        assert self._teacher is not None
        revision: str | None = self._teacher.settings["revision"]
        return revision

    def _about(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "method": "QuiCK (Ren et al., EMNLP 2022): cross-entropy over the dot products of a question with its "
            "positive, its negatives and all passages of the batch's other questions, and the KL divergence between "
            "the teacher's and the student's softmax over the question's own candidates. The teacher is a query "
            "generator; its score is log P(question | passage).",
            "more": [
                ("teacher", settings.teacher_name()),
                (
                    "temperature of its scores, weight of the divergence",
                    f"{settings.temperature:g}, {settings.weight:g}",
                ),
                (
                    "generated questions instead of the original",
                    f"up to {settings.generated_share:g}" if self.data.queries else "none",
                ),
            ],
        }
