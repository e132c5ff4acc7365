"""Settings of a distilled retriever, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, overload

from pyserini_xqg.encoding.settings import Pooling
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.paths import keep_as_text
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.data.settings import PLACE, TrainingDataSettings
from pyserini_xqg.training.retriever.settings import RetrieverSettings

QUICK, DR_DECR = "quick", "dr-decr"

# Headings of the command line's help.
TEACHER, OF_QUICK, OF_DR_DECR = {"panel": "Teacher"}, {"panel": "Recipe quick"}, {"panel": "Recipe dr-decr"}


@dataclass(frozen=True, kw_only=True)
class DistillSettings(RetrieverSettings):
    """A bi-encoder that learns from a teacher; see :class:`RetrieverSettings` for the rest.

    `negatives` and the positive are a question's candidates. They are drawn once, since the teacher scores them once.

    Parameters
    ----------
    recipe : str
        quick: a query generator teaches; dr-decr: a retriever that reads English questions.
    base : str or Path
        The student to start from: a folder or Hugging Face id.
    negatives : int
        Wrong passages for each question, beside its positive.
    teacher : str or Path
        A folder or Hugging Face id of a generator (dr-decr: a retriever).
    teacher_revision : str or None
        Branch, tag or commit of a teacher from the hub.
    teacher_dtype : {"float32", "bfloat16"}
        Number format of the teacher's computation.
    temperature : float
        Divides the teacher's scores, with dr-decr the student's too. Before the softmax.
    """

    teacher: str | Path = field(metadata=TEACHER)
    teacher_revision: str | None = field(default=None, metadata=TEACHER)
    teacher_dtype: Literal["float32", "bfloat16"] = field(default="float32", metadata=TEACHER)
    temperature: float = field(default=1.0, metadata=TEACHER)

    def __post_init__(self) -> None:
        super().__post_init__()
        keep_as_text(self, "teacher")
        if self.negatives < 1:
            raise UsageError("negatives is 0: one candidate has nothing to be compared with, at least 1 is expected")
        if not self.temperature > 0:
            raise UsageError(f"temperature is {self.temperature}: more than 0 is expected")

    def teacher_name(self) -> str:
        """The teacher for readers: of a folder its name."""
        return Path(self.teacher).resolve().name if Path(self.teacher).is_dir() else str(self.teacher)


@dataclass(frozen=True, kw_only=True)
class QuickSettings(DistillSettings):
    """QuiCK (Ren et al., EMNLP 2022): a query generator is the teacher.

    Parameters
    ----------
    prompt : str or None
        The teacher's prompt, with {language}, {title}, {passage}, or a language model's instruction; None: the paper's.
        Of a language model it is the one that ``xqg generate`` gives.
    teacher_input_length : int
        Longest input of the teacher in tokens. Of a prompt, of a language model of the passage; what is longer loses
        its end.
    teacher_query_length : int
        Longest question that the teacher scores, in tokens. What is longer loses its end.
    weight : float
        Weight of the KL divergence beside the contrastive loss.
    generated_share : float
        Share of questions that a generated one replaces at the end. It rises from 0 in a straight line.
    """

    recipes: ClassVar[tuple[str, ...]] = (QUICK,)

    recipe: str = QUICK
    prompt: str | None = field(default=None, metadata=OF_QUICK)
    teacher_input_length: int = field(default=256, metadata=OF_QUICK)
    teacher_query_length: int = field(default=64, metadata={"option": "--teacher-output-length", **OF_QUICK})
    weight: float = field(default=1.0, metadata=OF_QUICK)
    generated_share: float = field(default=0.5, metadata=OF_QUICK)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weight < 0:
            raise UsageError(f"weight is {self.weight}: 0 or more is expected")
        if not 0 <= self.generated_share <= 1:
            raise UsageError(f"generated_share is {self.generated_share}: a share from 0 to 1 is expected")


@dataclass(frozen=True, kw_only=True)
class DrDecrSettings(DistillSettings):
    """DR.DECR (Li et al., NAACL 2022): a retriever that reads the English question is the teacher.

    Parameters
    ----------
    teacher_pooling : {"cls", "mean", "last"} or None
        How the teacher's token vectors become one; None: as its model says. This and the next three: see
        :class:`pyserini_xqg.encoding.EncoderSettings`.
    teacher_l2_norm : bool or None
        Give the teacher's vectors unit length; None: as its model says.
    teacher_query_prefix : str or None
        Text put before every question for the teacher; None: as its model says.
    teacher_passage_prefix : str or None
        Text put before every passage for the teacher; None: as its model says.
    teacher_query_max_length : int or None
        The teacher's longest question in tokens; None: as its model says, else 32.
    teacher_passage_max_length : int or None
        The teacher's longest passage in tokens; None: as its model says, else 128.
    teacher_scale : float or None
        Multiplies the teacher's dot products; None: 1, or 20 for unit length.
    parallel_epochs : int
        Passes over parallel questions, before the rest. With 0 there are none.
    parallel_batch_size : int
        Pairs of parallel questions in a step. Over all processes.
    parallel_learning_rate : float or None
        Highest learning rate on parallel questions; None: that of the rest.
    """

    recipes: ClassVar[tuple[str, ...]] = (DR_DECR,)

    recipe: str = DR_DECR
    temperature: float = field(default=2.0, metadata=TEACHER)
    teacher_pooling: Pooling | None = field(default=None, metadata=OF_DR_DECR)
    teacher_l2_norm: bool | None = field(default=None, metadata=OF_DR_DECR)
    teacher_query_prefix: str | None = field(default=None, metadata=OF_DR_DECR)
    teacher_passage_prefix: str | None = field(default=None, metadata=OF_DR_DECR)
    teacher_query_max_length: int | None = field(default=None, metadata=OF_DR_DECR)
    teacher_passage_max_length: int | None = field(default=None, metadata=OF_DR_DECR)
    teacher_scale: float | None = field(default=None, metadata=OF_DR_DECR)
    parallel_epochs: int = field(default=10, metadata=OF_DR_DECR)
    parallel_batch_size: int = field(default=128, metadata=OF_DR_DECR)
    parallel_learning_rate: float | None = field(default=None, metadata=OF_DR_DECR)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parallel_epochs < 0:
            raise UsageError(f"parallel_epochs is {self.parallel_epochs}: 0 or more is expected")
        if self.parallel_batch_size < 1:
            raise UsageError(f"parallel_batch_size is {self.parallel_batch_size}: at least 1 is expected")
        for name in ("teacher_scale", "parallel_learning_rate"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} is {value}: more than 0 is expected")


@dataclass(frozen=True)
class DistillDataSettings(TrainingDataSettings):
    """Where the data are.

    Parameters
    ----------
    queries : tuple of str or Path
        Queries that xqg generate wrote for the positives; repeated. For QuiCK, files or folders.
    queries_corpus : str or Path or None
        The passages that --queries are for, where their ids are others. They are then found by their text;
        None: by id, the ids of the queries are those of the training passages.
    parallel : tuple of str or Path
        Folder of parallel questions, as fi-en with fi.txt and en.txt; repeated. Line by line, for DR.DECR, see
        :mod:`pyserini_xqg.collection.datasets.line_aligned`.
    """

    queries: tuple[str | Path, ...] = field(default=(), metadata=PLACE | OF_QUICK)
    queries_corpus: str | Path | None = field(default=None, metadata=PLACE | OF_QUICK)
    parallel: tuple[str | Path, ...] = field(default=(), metadata=PLACE | OF_DR_DECR)

    def __post_init__(self) -> None:
        super().__post_init__()
        keep_as_text(self, "queries", "queries_corpus", "parallel")
        if self.queries_corpus and not self.queries:
            raise UsageError("queries_corpus is given without queries")


RECIPE_SETTINGS: Mapping[str, type[QuickSettings] | type[DrDecrSettings]] = {
    QUICK: QuickSettings,
    DR_DECR: DrDecrSettings,
}


@overload
def distill_settings(recipe: Literal["quick"], *layers: Mapping[str, Any]) -> QuickSettings: ...
@overload
def distill_settings(recipe: Literal["dr-decr"], *layers: Mapping[str, Any]) -> DrDecrSettings: ...
@overload
def distill_settings(recipe: str, *layers: Mapping[str, Any]) -> QuickSettings | DrDecrSettings: ...
def distill_settings(recipe: str, *layers: Mapping[str, Any]) -> QuickSettings | DrDecrSettings:
    """Settings of a recipe from layers of values, see :func:`pyserini_xqg.training.common.config.layered`.

    Raises
    ------
    UsageError
        No such recipe, or a value that cannot be.
    """
    if recipe not in RECIPE_SETTINGS:
        raise UsageError(f"recipe is {recipe!r}: one of {', '.join(RECIPE_SETTINGS)} is expected")
    return layered(RECIPE_SETTINGS[recipe], *layers)
