"""What decides on a trained retriever, as plain data, and the recipes that give the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from pyserini_xqg.encoding.settings import PAPER_PASSAGE_LENGTH, PAPER_QUERY_LENGTH, EncoderSettings, Pooling
from pyserini_xqg.errors import UsageError
from pyserini_xqg.languages import language_code
from pyserini_xqg.training.config import layered
from pyserini_xqg.training.examples import UNKNOWN_LANGUAGE

Precision = Literal["fp32", "bf16"]
Keep = Literal["best", "last"]
# Where questions of dev are in train: end with an error, train without them, or train on them too.
LeakPolicy = Literal["refuse", "drop", "allow"]

# They change how much memory a step takes, and its result only by rounding; a run can go on with others.
MEMORY_FIELDS = ("mini_batch", "gradient_checkpointing")


@dataclass(frozen=True, kw_only=True)
class TrainerSettings:
    """How any model of this package is trained.

    Parameters
    ----------
    base : str
        The model to start from: a folder or Hugging Face id.
    revision : str or None
        Branch, tag or commit of it, where it comes from the hub.
    batch_size : int
        Examples a step, over all processes.
    learning_rate : float
        At its highest: it rises over the first `warmup_ratio` of the steps and falls to nothing at the last.
    warmup_ratio, weight_decay, max_grad_norm : float
    epochs : int
    seed : int
    precision : {"fp32", "bf16"}
        bf16 computes in bfloat16; weights and optimizer stay in float32.
    mini_batch : int or None
        Gradient caching: texts that go through the model at once; None: the whole batch does. The step is the same to
        rounding (with dropout, other random numbers are drawn), takes less memory and about a fifth to twice more time.
    gradient_checkpointing : bool
        Compute the inner layers a second time instead of keeping them: much less memory, about a third more time.
    checkpoint_every : int or None
        Steps between two points at which dev is scored and a run that was stopped can go on; None: an epoch.
    keep : {"best", "last"}
        Which checkpoint becomes the model: the best on dev, or the last; without dev the last.
    """

    base: str
    revision: str | None = None
    batch_size: int = 128
    learning_rate: float = 1e-5
    warmup_ratio: float = 0.1
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    epochs: int = 40
    seed: int = 0
    precision: Precision = "fp32"
    mini_batch: int | None = None
    gradient_checkpointing: bool = False
    checkpoint_every: int | None = None
    keep: Keep = "best"

    def __post_init__(self) -> None:
        for name in ("batch_size", "epochs", "mini_batch", "checkpoint_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{name} is {value}: at least 1 is expected")
        for name in ("learning_rate", "max_grad_norm"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} is {getattr(self, name)}: more than 0 is expected")
        if not 0 <= self.warmup_ratio <= 1:
            raise UsageError(f"warmup_ratio is {self.warmup_ratio}: a share from 0 to 1 is expected")
        if self.weight_decay < 0:
            raise UsageError(f"weight_decay is {self.weight_decay}: 0 or more is expected")
        if not 0 <= self.seed < 2**32:
            raise UsageError(f"seed is {self.seed}: a number from 0 to 2**32 - 1 is expected")

    def identity(self) -> dict[str, Any]:
        """The settings that decide on the weights, as JSON has them."""
        values = {name: value for name, value in asdict(self).items() if name not in MEMORY_FIELDS}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


@dataclass(frozen=True, kw_only=True)
class RetrieverSettings(TrainerSettings):
    """A bi-encoder trained on questions and passages; see :class:`TrainerSettings` for the rest.

    Parameters
    ----------
    recipe : str
        Of :data:`RECIPES`, where the values come from that were not given.
    pooling, l2_norm, query_prefix, passage_prefix
        As in :class:`pyserini_xqg.encoding.settings.EncoderSettings`: None is what a sentence-transformers base says of
        itself, and the paper's for any other (CLS vector, no unit length, no prefixes).
    query_max_length, passage_max_length : int
        In tokens.
    scale : float or None
        Factor of the dot products before the softmax, the inverse of a temperature; None: 1 as in the paper, and 20
        for vectors of unit length, whose products are too close to each other otherwise.
    negatives : int
        Passages a question beside its positive and those of the batch: its hard negatives, another draw each epoch,
        and where it has too few, passages of other questions.
    languages : tuple of str or None
        Train on questions in these only.
    default_language : str
        Of questions that do not say theirs.
    measures : tuple of str
        What dev is scored by, of ir_measures or R@kt; the first one says which checkpoint is best.
    """

    # Of a class with recipes of its own.
    recipes: ClassVar[tuple[str, ...]] = ()

    recipe: str = "xdr"
    pooling: Pooling | None = None
    l2_norm: bool | None = None
    query_prefix: str | None = None
    passage_prefix: str | None = None
    query_max_length: int = PAPER_QUERY_LENGTH
    passage_max_length: int = PAPER_PASSAGE_LENGTH
    scale: float | None = None
    negatives: int = 7
    languages: tuple[str, ...] | None = None
    default_language: str = UNKNOWN_LANGUAGE
    measures: tuple[str, ...] = ("RR@10", "R@100")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.recipe not in (self.recipes or RECIPES):
            raise UsageError(f"recipe is {self.recipe!r}: one of {', '.join(self.recipes or RECIPES)} is expected")
        if self.negatives < 0:
            raise UsageError(f"negatives is {self.negatives}: 0 or more is expected")
        if self.scale is not None and not self.scale > 0:
            raise UsageError(f"scale is {self.scale}: more than 0 is expected")
        if not self.measures:
            raise UsageError("no measure is named; the first one says which checkpoint is best")
        if self.languages is not None:
            object.__setattr__(self, "languages", tuple(language_code(language) for language in self.languages))
        object.__setattr__(self, "default_language", language_code(self.default_language))
        self.encoder()

    def encoder(self) -> EncoderSettings:
        """The encoder that is trained, with what its base is to say left open."""
        return EncoderSettings(
            self.base,
            revision=self.revision,
            pooling=self.pooling,
            l2_norm=self.l2_norm,
            query_prefix=self.query_prefix,
            passage_prefix=self.passage_prefix,
            query_max_length=self.query_max_length,
            passage_max_length=self.passage_max_length,
        )


@dataclass(frozen=True)
class TrainingDataSettings:
    """Where the data are.

    Parameters
    ----------
    train, dev : tuple of str
        Files and folders of any format of :data:`pyserini_xqg.training.data.FORMATS`.
    dev_corpus : str or None
        Passages, Pyserini's JSONL, that dev is searched in beside its own.
    format : str or None
        Of all of them; None: recognised by their content.
    leaks : {"refuse", "drop", "allow"}
        What to do where questions of dev are in train: end with an error, train without them, or on them too.
    """

    train: tuple[str, ...]
    dev: tuple[str, ...] = ()
    dev_corpus: str | None = None
    format: str | None = None
    leaks: LeakPolicy = "refuse"

    def __post_init__(self) -> None:
        if not self.train:
            raise UsageError("no training data are named")


# What a recipe says that the defaults do not.
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "xdr": {},
    "zero-shot": {"languages": ("en",), "default_language": "en"},
}


def retriever_settings(*layers: Mapping[str, Any]) -> RetrieverSettings:
    """Settings from the recipe that the layers name, under the layers themselves (see :func:`layered`).

    Raises
    ------
    UsageError
        No such recipe, or a value that cannot be.
    """
    named = [layer["recipe"] for layer in layers if layer.get("recipe") is not None]
    recipe = named[-1] if named else "xdr"
    return layered(RetrieverSettings, RECIPES.get(recipe, {}), *layers)
