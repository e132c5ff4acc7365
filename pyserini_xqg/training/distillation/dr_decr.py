"""DR.DECR: a teacher reads the English question, the student the original; first vectors, then rankings."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pyserini_xqg.collection.datasets.examples import content_id
from pyserini_xqg.collection.datasets.line_aligned import read_parallel_questions
from pyserini_xqg.collection.datasets.parallel import ParallelQuestion
from pyserini_xqg.collection.passages import passage_text
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import open_encoders, read_encoder
from pyserini_xqg.encoding.loading import fingerprint, quiet_loading
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.workspace import Workspace
from pyserini_xqg.training.common.environment import (
    processes,
)
from pyserini_xqg.training.data.batches import Place
from pyserini_xqg.training.data.english_forms import languages_of, usable_pairs, with_english
from pyserini_xqg.training.data.validation import CheckedExamples, check_examples
from pyserini_xqg.training.distillation.losses import RelevanceLoss
from pyserini_xqg.training.distillation.parallel_batches import ParallelRows
from pyserini_xqg.training.distillation.parallel_stage import (
    ALIGNED,
    DONE,
    PARALLEL,
    parallel_settings,
    parallel_steps,
    run_parallel_stage,
)
from pyserini_xqg.training.distillation.settings import DistillDataSettings, DrDecrSettings
from pyserini_xqg.training.distillation.training import TEACHER, CandidateRows, DistillTraining, Values, in_parts
from pyserini_xqg.training.retriever.memory import estimate_retriever_memory
from pyserini_xqg.training.retriever.student import PAPER_SCALE, UNIT_SCALE

if TYPE_CHECKING:
    from pyserini_xqg.training.retriever.plan import RetrieverPlan

log = logging.getLogger("pyserini_xqg")


def distill_dr_decr(
    data: DistillDataSettings,
    output: str | Path,
    settings: DrDecrSettings,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Manifest:
    """Train a retriever by one that reads English questions, see :class:`DrDecrTraining`.

    The same call after a kill goes on in the stage that was under way, and ends with the same weights.

    Parameters
    ----------
    data : DistillDataSettings
    output : str or Path
        The model folder to make, as of :func:`pyserini_xqg.training.train_retriever`; ``parallel/`` in it
        has the curves of the first stage.
    settings : DrDecrSettings
    device : str or None
    show_progress : bool

    Raises
    ------
    MissingPrerequisite, MissingInput, InvalidInput, UsageError, XqgError
        As of :func:`pyserini_xqg.training.train_retriever`; also for teacher and parallel questions, and for
        a teacher with vectors of another dimension than the student's.
    """
    return DrDecrTraining(data, settings, device).run(output, show_progress)


class OwnCandidateRows(CandidateRows):
    """Candidates with the teacher's scores. Its own are all that a question is held against, so any can go together."""

    def positives(self, place: Place) -> Collection[str]:
        """None that another row could not have."""
        return ()

    def texts(self, place: Place) -> Collection[str]:
        """None that another row could mind."""
        return ()


class DrDecrTraining(DistillTraining):
    """Data, student and teacher of a DR.DECR training, read and checked.

    Stage 1: the mean square of the differences between the teacher's vector of an English question and the student's
    vectors of the original and of the English question. Stage 2: the KL divergence between the softmax of the
    teacher's scores of the candidates, for the English question, and the student's, for the original.

    Parameters
    ----------
    data : DistillDataSettings
    settings : DrDecrSettings
    device : str or None
    """

    settings: DrDecrSettings
    scratch = ("checkpoints", TEACHER, ALIGNED, f"{PARALLEL}.partial")

    def __init__(self, data: DistillDataSettings, settings: DrDecrSettings, device: str | None = None):
        if data.queries:
            raise UsageError("generated queries are data of the recipe quick; dr-decr has none")
        self._all_pairs = [pair for folder in data.parallel for pair in read_parallel_questions(Path(folder))]
        super().__init__(data, settings, device)
        self._teacher: TextEncoder | None
        self._question_teacher: TextEncoder | None
        self._teacher, self._question_teacher = self._open_teacher()
        self._teacher_inputs = fingerprint(settings.teacher) or self._teacher.settings.revision
        dimension = self.model.get_embedding_dimension()
        if self.pairs and self._question_teacher.dimension != dimension:
            raise UsageError(
                f"vectors of the teacher {settings.teacher_name()} have {self._question_teacher.dimension} dimensions "
                f"and those of the base {settings.base} {dimension}: they cannot be made equal. Choose two with the "
                "same dimension, or --parallel-epochs 0, which leaves out the stage that compares vectors"
            )
        sample = self._question_teacher.encode(["question"], "query")
        is_unit = bool(abs(float(np.linalg.norm(sample)) - 1) < 1e-3)
        self._teacher_scale = settings.teacher_scale or (UNIT_SCALE if is_unit else PAPER_SCALE)

    def plan(self) -> RetrieverPlan:
        """Counts, steps of both stages together, and memory of the one that takes more."""
        plan = super().plan()
        if not self.pairs:
            return plan
        # A step of stage 1 is as one with a positive for each question that is as short as a question.
        pairs = replace(parallel_settings(self.settings), passage_max_length=self.settings.query_max_length)
        memory = max(plan.memory_bytes, estimate_retriever_memory(self.model, pairs, 0, processes()).total)
        return replace(plan, steps=plan.steps + parallel_steps(self.settings, len(self.pairs)), memory_bytes=memory)

    def identity(self) -> dict[str, Any]:
        """What decides on the weights."""
        identity = super().identity()
        identity["inputs"]["teacher"] = self._teacher_inputs
        pairs = (f"{pair.language}\t{pair.question}\t{pair.english}" for pair in self.pairs)
        identity["inputs"]["parallel"] = content_id(*pairs) if self.pairs else None
        return identity

    def more_counts(self) -> dict[str, Any]:
        """Of the parallel questions, and where English forms come from."""
        return {
            "english": self._english,
            "parallel": dict(languages_of(self.pairs)),
            "parallel_left_out": self._pairs_left_out,
            "parallel_steps": parallel_steps(self.settings, len(self.pairs)),
        }

    def _completed(self, train: CheckedExamples, dev: CheckedExamples | None) -> CheckedExamples:
        usable, self._pairs_left_out = usable_pairs(self._all_pairs, dev.examples if dev else ())
        examples, self._english = with_english(train.examples, usable)
        if not examples:
            raise InvalidInput(
                f"none of the {len(train.examples):,} questions has an English form, which the teacher reads. "
                'Expected: "english" in the lines of the training data, or --parallel folders with these questions'
            )
        missing = self._english.pop("no English form", 0)
        if missing:
            log.warning("%s questions have no English form and are left out", f"{missing:,}")
        own = [
            ParallelQuestion(example.question, example.english, example.language)
            for example in examples
            if example.english and example.language != "en"
        ]
        self.pairs: list[ParallelQuestion] = []
        if self.settings.parallel_epochs:
            # Questions that are in the folders too come once. What the next check drops is not to be here either.
            dropped = dev.examples if dev and self.data.leaks == "drop" else ()
            self.pairs, _ = usable_pairs([*usable, *own], dropped)
        checked = check_examples(examples, "train")
        return replace(checked, left_out={**train.left_out, **({"no English form": missing} if missing else {})})

    def _rows(self) -> OwnCandidateRows:
        return OwnCandidateRows(self.train.examples, self.settings.negatives, self.settings.seed)

    def _open_teacher(self) -> tuple[TextEncoder, TextEncoder]:
        """The teacher of passages, and that of questions, which mostly is the same."""
        settings = self.settings
        given = {
            "revision": settings.teacher_revision,
            "pooling": settings.teacher_pooling,
            "l2_norm": settings.teacher_l2_norm,
            "query_prefix": settings.teacher_query_prefix,
            "passage_prefix": settings.teacher_passage_prefix,
            "query_max_length": settings.teacher_query_max_length,
            "passage_max_length": settings.teacher_passage_max_length,
        }
        said = read_encoder(settings.teacher, "passage")
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        return open_encoders(said.changed(dtype=settings.teacher_dtype, **changes), self.device)

    def _teach(self, workspace: Workspace, show_progress: bool) -> None:
        assert self._teacher is not None and self._question_teacher is not None
        place = workspace.folder / TEACHER
        examples = self.train.examples
        english = [example.english or example.question for example in examples]
        self.rows.scores = in_parts(
            place / "scores",
            len(examples),
            partial(self._scores, self._teacher, self._question_teacher, english),
            label="teacher's scores",
            show_progress=show_progress,
        )
        is_aligned = not self.pairs or DONE in workspace.notes
        aims = None
        if not is_aligned:
            encoder, texts = self._question_teacher, [pair.english for pair in self.pairs]
            aims = in_parts(
                place / "vectors",
                len(texts),
                lambda rows: encoder.encode(texts[rows.start : rows.stop], "query"),
                label="teacher's vectors",
                show_progress=show_progress,
            )
            del encoder
        self._teacher = self._question_teacher = None  # their memory is the student's now
        if aims is not None:
            run_parallel_stage(
                self.model,
                ParallelRows(self.pairs, aims, self.settings.seed),
                self.form,
                self.scorer,
                workspace,
                self.settings,
                device=self.device,
                show_progress=show_progress,
            )
        if self.pairs:
            from sentence_transformers import SentenceTransformer

            with quiet_loading():
                aligned = SentenceTransformer(str(workspace.folder / ALIGNED), device="cpu")
            self.model.load_state_dict(aligned.state_dict())

    def _scores(self, passages: TextEncoder, questions: TextEncoder, english: Sequence[str], numbers: range) -> Values:
        candidates = [self.rows.candidates(number) for number in numbers]
        texts = [passage_text(passage.title, passage.text) for each in candidates for passage in each]
        rows = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        vectors = passages.encode(list(rows), "passage")[[rows[text] for text in texts]]
        asked = questions.encode([english[number] for number in numbers], "query")
        vectors = vectors.reshape(len(candidates), -1, vectors.shape[1])
        scores: Values = np.einsum("qd,qcd->qc", asked, vectors) * np.float32(self._teacher_scale)
        return scores

    def _scores_before(self, workspace: Workspace, scores: Mapping[str, float]) -> Mapping[str, float]:
        done: dict[str, Any] = workspace.notes.get(DONE, {})  # of stage 1, at whose end step 0 is
        before: Mapping[str, float] = done.get("dev_before", scores)
        return before

    def _loss(self) -> RelevanceLoss:
        return RelevanceLoss(self.model, self.scale, self.settings.temperature, self.settings.mini_batch)

    def _about(self) -> dict[str, Any]:
        settings = self.settings
        stage = (
            "first the mean square of the differences between the teacher's vector of the English question and the "
            "student's of the original and of the English one; then "
            if self.pairs
            else ""
        )
        return {
            "method": f"DR.DECR (Li et al., NAACL 2022), on a bi-encoder: {stage}the KL divergence between the "
            "teacher's and the student's softmax over a question's candidates, where the teacher reads the English "
            "question and the student the original.",
            "more": [
                ("teacher", settings.teacher_name()),
                ("temperature of both, scale of the teacher", f"{settings.temperature:g}, {self._teacher_scale:g}"),
                ("parallel questions, epochs", f"{len(self.pairs):,}, {settings.parallel_epochs}"),
            ],
        }
