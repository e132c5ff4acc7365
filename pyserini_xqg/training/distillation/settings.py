"""Settings of a distilled retriever, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from pyserini_xqg.encoding.settings import Pooling
from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.retriever.settings import RetrieverSettings

QUICK, DR_DECR = "quick", "dr-decr"


@dataclass(frozen=True, kw_only=True)
class DistillSettings(RetrieverSettings):
    """A bi-encoder that learns from a teacher; see :class:`RetrieverSettings` for the rest.

    `negatives` and the positive are a question's candidates. They are drawn once, since the teacher scores them once.

    Parameters
    ----------
    teacher : str
        A folder or Hugging Face id.
    teacher_revision : str or None
        Branch, tag or commit of it, where it comes from the hub.
    teacher_dtype : {"float32", "bfloat16"}
    temperature : float
        The teacher's scores are divided by it before the softmax.
    """

    teacher: str
    teacher_revision: str | None = None
    teacher_dtype: Literal["float32", "bfloat16"] = "float32"
    temperature: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.negatives < 1:
            raise UsageError("negatives is 0: one candidate has nothing to be compared with, at least 1 is expected")
        if not self.temperature > 0:
            raise UsageError(f"temperature is {self.temperature}: more than 0 is expected")

    def teacher_name(self) -> str:
        """The teacher for readers: of a folder its name."""
        return Path(self.teacher).resolve().name if Path(self.teacher).is_dir() else self.teacher


@dataclass(frozen=True, kw_only=True)
class QuickSettings(DistillSettings):
    """QuiCK (Ren et al., EMNLP 2022): a query generator is the teacher.

    Parameters
    ----------
    prompt : str or None
        What the generator reads. A sequence-to-sequence model, as the paper's: with the fields ``{language}``,
        ``{title}``, ``{passage}``; None: the xQG paper's. A language model: the instruction; None: the one that ``xqg
        generate`` gives.
    teacher_input_length, teacher_query_length : int
        Tokens of a prompt (of a language model: of the passage) and of a question; what is longer loses its end.
    weight : float
        Of the KL divergence beside the contrastive loss.
    generated_share : float
        The share of questions that a generated one replaces at the end of training. It rises from 0 in a straight line.
    """

    recipes: ClassVar[tuple[str, ...]] = (QUICK,)

    recipe: str = QUICK
    prompt: str | None = None
    teacher_input_length: int = 256
    teacher_query_length: int = 64
    weight: float = 1.0
    generated_share: float = 0.5

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
    teacher_pooling, teacher_l2_norm, teacher_query_prefix, teacher_passage_prefix, teacher_query_max_length,
    teacher_passage_max_length
        As in :class:`pyserini_xqg.encoding.EncoderSettings`; None: what the teacher says of itself.
    teacher_scale : float or None
        Factor of its dot products; None: as `scale`, 20 for vectors of unit length and 1 for others.
    parallel_epochs : int
        Passes over the parallel questions, before the passages; 0: none.
    parallel_batch_size : int
        Pairs a step, over all processes.
    parallel_learning_rate : float or None
        At its highest; None: `learning_rate`.
    """

    recipes: ClassVar[tuple[str, ...]] = (DR_DECR,)

    recipe: str = DR_DECR
    temperature: float = 2.0
    teacher_pooling: Pooling | None = None
    teacher_l2_norm: bool | None = None
    teacher_query_prefix: str | None = None
    teacher_passage_prefix: str | None = None
    teacher_query_max_length: int | None = None
    teacher_passage_max_length: int | None = None
    teacher_scale: float | None = None
    parallel_epochs: int = 10
    parallel_batch_size: int = 128
    parallel_learning_rate: float | None = None

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
    queries : tuple of str
        QuiCK: generated queries of the positives, files or folders as ``xqg generate`` writes them.
    queries_corpus : str or None
        The passages they were generated for, which are then found by their text; None: by id, the ids of the queries
        are those of the training passages.
    parallel : tuple of str
        DR.DECR: folders with parallel questions, see :mod:`pyserini_xqg.collection.datasets.line_aligned`.
    """

    queries: tuple[str, ...] = ()
    queries_corpus: str | None = None
    parallel: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.queries_corpus and not self.queries:
            raise UsageError("queries_corpus is given without queries")


RECIPE_SETTINGS: Mapping[str, type[QuickSettings] | type[DrDecrSettings]] = {
    QUICK: QuickSettings,
    DR_DECR: DrDecrSettings,
}


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
