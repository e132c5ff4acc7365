"""Distillation, as both recipes have it: fixed candidates, a teacher that is asked once, the training itself."""

from __future__ import annotations

import io
import os
from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage, passage_key, passage_text
from pyserini_xqg.errors import InvalidInput, XqgError
from pyserini_xqg.storage.parts import FileParts
from pyserini_xqg.storage.workspace import Workspace
from pyserini_xqg.training.common.environment import is_main_process, processes, wait_for_everyone
from pyserini_xqg.training.data.batches import Collator, EpochRow, EpochRows, Place
from pyserini_xqg.training.distillation.settings import DistillDataSettings, DistillSettings
from pyserini_xqg.training.retriever.trainer import run_retriever_trainer
from pyserini_xqg.training.retriever.training import RetrieverTraining

if TYPE_CHECKING:
    from pyserini_xqg.training.retriever.trainer import RetrieverOutcome

Values = npt.NDArray[np.float32]

TEACHER = "teacher"
# Examples between two points at which the teacher goes on after a stop.
PART = 256


def in_parts(
    folder: Path,
    total: int,
    compute: Callable[[range], Values],
    *,
    size: int = PART,
    label: str = "teacher",
    show_progress: bool = False,
) -> Values:
    """An array that is computed part by part and kept in `folder`, where a later call finds what there is.

    Of several processes each computes its share of the parts and reads the others'.

    Parameters
    ----------
    folder : Path
    total : int
        How many rows there are.
    compute : callable
        Gives the rows of a range.
    size : int
        Rows a part.
    label : str
        Of the progress bar.
    show_progress : bool

    Raises
    ------
    XqgError
        A value is no number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = FileParts(folder, "part", -(-total // size), ".npy")
    own = range(int(os.environ.get("RANK", "0")), parts.total, processes())
    for number in tqdm(own, desc=label, unit="part", disable=not (show_progress and is_main_process())):
        if parts.is_done(number):
            continue
        values = compute(range(number * size, min((number + 1) * size, total)))
        if not np.isfinite(values).all():
            raise XqgError(
                f"the teacher gives values that are no numbers ({label}); give --teacher-dtype float32, and check its "
                "weights"
            )
        content = io.BytesIO()
        np.save(content, values.astype(np.float32), allow_pickle=False)
        parts.write(number, content.getvalue())
    wait_for_everyone()
    return np.concatenate([np.load(parts.file(number), allow_pickle=False) for number in range(parts.total)])


@dataclass(frozen=True, slots=True)
class ScoredRow(EpochRow):
    """A question with its candidates, the positive first, and the teacher's scores of them."""

    scores: tuple[float, ...]


class CandidateRows(EpochRows):
    """Examples by (epoch, number), whose passages are the same in each epoch.

    A question that has too few negatives gets passages of other questions, even if no question has any.

    Parameters
    ----------
    examples, negatives, seed
        See :class:`EpochRows`.

    Attributes
    ----------
    scores : array of shape (examples, 1 + negatives)
        The teacher's, once it was asked.

    Raises
    ------
    InvalidInput
        There is one passage only.
    """

    scores: Values

    def __init__(self, examples: Sequence[TrainingExample], negatives: int, seed: int):
        super().__init__(examples, negatives, seed, always=True)
        if not self.negatives:
            raise InvalidInput("there are no passages but the questions' positives: a teacher has nothing to compare")

    def candidates(self, number: int) -> tuple[Passage, ...]:
        """The passages of an example, the positive first."""
        return super().__getitem__(Place(0, number)).passages

    def positive(self, place: Place) -> Passage:
        """The first candidate."""
        return super().positive(Place(0, place.number))

    def texts(self, place: Place) -> Collection[str]:
        """Those of all candidates: the teacher scored them, and no step can have others."""
        return [passage_key(passage) for passage in self.candidates(place.number)]

    def asked(self, place: Place) -> TrainingExample:
        """The example with the question that the epoch asks."""
        return self.examples[place.number]

    def __getitem__(self, place: Place) -> ScoredRow:
        """The row of (epoch, number)."""
        return ScoredRow(self.asked(place), self.candidates(place.number), tuple(self.scores[place.number].tolist()))


class ScoredCollator(Collator):
    """Rows to what our losses take: ``question_...``, ``passage_...`` (all firsts, all seconds, ...), ``label``."""

    valid_label_columns = ("label",)

    def __call__(self, rows: Sequence[ScoredRow]) -> dict[str, Any]:  # type: ignore[override]
        """The batch."""
        columns = zip(*(row.passages for row in rows), strict=True)
        texts = [passage_text(passage.title, passage.text) for column in columns for passage in column]
        return {
            **named("question", self._form.features([row.example.question for row in rows], "query")),
            **named("passage", self._form.features(texts, "passage")),
            "label": torch.tensor([row.scores for row in rows]),
        }


def named(column: str, features: dict[str, Any]) -> dict[str, Any]:
    """Features under the names that the trainer knows them by."""
    return {f"{column}_{key}": value for key, value in features.items()}


class DistillTraining(RetrieverTraining):
    """Data, student and teacher of a distillation, read and checked; see the classes of the recipes."""

    command, table = "distill", "distill"
    scratch: tuple[str, ...] = ("checkpoints", TEACHER)
    settings: DistillSettings
    data: DistillDataSettings
    rows: CandidateRows

    def __init__(self, data: DistillDataSettings, settings: DistillSettings, device: str | None = None):
        super().__init__(data, settings, device)
        self.table = settings.recipe

    @abstractmethod
    def _rows(self) -> CandidateRows:
        """The questions with their candidates."""

    def _train(self, workspace: Workspace, show_progress: bool) -> RetrieverOutcome:
        if is_main_process():
            workspace.record()  # from here on other settings are refused
        self._teach(workspace, show_progress)
        return run_retriever_trainer(
            self.model,
            self._loss(),
            self.rows,
            self.batches,
            ScoredCollator(self.form),
            self.scorer,
            workspace,
            self.settings,
            device=self.device,
            show_progress=show_progress,
        )

    @abstractmethod
    def _teach(self, workspace: Workspace, show_progress: bool) -> None:
        """Give the rows the teacher's scores, and do what comes before the training on them."""

    @abstractmethod
    def _loss(self) -> torch.nn.Module:
        """Of questions and candidates, and the teacher's scores."""

    def _details(self) -> dict[str, Any]:
        return {"recipe": self.settings.recipe, "teacher": self.settings.teacher_name()}


def plan_values(training: DistillTraining) -> dict[str, Any]:
    """What ``--dry-run`` prints."""
    return {**asdict(training.plan()), **training.more_counts()}
