"""Settings of a trained query generator, as plain data, and the recipes that give the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.common.settings import TrainerSettings

PAPER_BASE = "google/mt5-base"
PAPER_TRAINING_LENGTH, PAPER_QUESTION_LENGTH = 128, 32


@dataclass(frozen=True, kw_only=True)
class GeneratorSettings(TrainerSettings):
    """A model that learns to write a question for a passage; see :class:`TrainerSettings` for the rest.

    Parameters
    ----------
    recipe : str
        Of :data:`GENERATOR_RECIPES`, where the values come from that were not given.
    steps : int or None
        How long; None: `epochs` passes over the data. Where both are given, the steps count.
    mini_batch : int or None
        Examples that go through the model at once; gradients are added up until the batch is complete, and weighted by
        tokens, so that the step is the same to rounding. None: the whole batch.
    checkpoint_every : int or None
        Steps; None: twenty times in all.
    input_length : int
        The most tokens of what the model reads: of a sequence-to-sequence model's whole prompt, of a language model's
        passage. Over-long passages lose their end.
    output_length : int
        The most tokens of a question, the one that ends it included.
    lora_rank : int
        Train so many dimensions beside each linear layer, and add them to its weights at the end; 0: train all weights.
    lora_alpha : int
        What is added is weighted by `lora_alpha` / `lora_rank`.
    lora_dropout : float
    lora_targets : tuple of str
        Names of the layers; ``all-linear``: those of attention and MLP, whatever the architecture calls them.
    parallel : bool
        Where the data have a question in English as well, learn in addition to write it in its language from the
        English one and the passage, with a prompt of its own.
    languages : tuple of str or None
        Train on questions in these only.
    default_language : str
        Of questions that do not say theirs.
    """

    recipe: str = "paper"
    steps: int | None = None
    learning_rate: float = 1e-4
    warmup_ratio: float = 0.0
    epochs: int = 3
    mini_batch: int | None = 16
    input_length: int = PAPER_TRAINING_LENGTH
    output_length: int = PAPER_QUESTION_LENGTH
    lora_rank: int = 0
    lora_alpha: int = 32
    lora_dropout: float = 0.05
    lora_targets: tuple[str, ...] = ("all-linear",)
    parallel: bool = False
    languages: tuple[str, ...] | None = None
    default_language: str = UNKNOWN_LANGUAGE

    def __post_init__(self) -> None:
        super().__post_init__()
        _recipe(self.recipe)
        for name in ("steps", "lora_alpha"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"{name} is {value}: at least 1 is expected")
        for name in ("input_length", "output_length"):
            if getattr(self, name) < 2:
                raise UsageError(f"{name} is {getattr(self, name)}: at least 2 tokens are expected")
        if self.lora_rank < 0:
            raise UsageError(f"lora_rank is {self.lora_rank}: 0 (train all weights) or more is expected")
        if not 0 <= self.lora_dropout < 1:
            raise UsageError(f"lora_dropout is {self.lora_dropout}: from 0 to below 1 is expected")
        if not self.lora_targets:
            raise UsageError("lora_targets names no layer; all-linear takes those of attention and MLP")
        if self.languages is not None:
            object.__setattr__(self, "languages", tuple(language_code(language) for language in self.languages))
        object.__setattr__(self, "default_language", language_code(self.default_language))


# What a recipe says that the defaults do not.
GENERATOR_RECIPES: Mapping[str, Mapping[str, Any]] = {
    "paper": {"base": PAPER_BASE, "steps": 2000},
    "lora": {"lora_rank": 16, "learning_rate": 2e-4, "warmup_ratio": 0.03, "batch_size": 32, "mini_batch": 8},
}


def generator_settings(*layers: Mapping[str, Any]) -> GeneratorSettings:
    """Settings from the recipe that the layers name, under the layers themselves (see :func:`layered`).

    Epochs replace the steps of the layers below them.

    Raises
    ------
    UsageError
        No such recipe, or a value that cannot be.
    """
    named = [layer["recipe"] for layer in layers if layer.get("recipe") is not None]
    recipe = named[-1] if named else "paper"
    merged: dict[str, Any] = {}
    for layer in (_recipe(recipe), *layers):
        given = {name: value for name, value in layer.items() if value is not None}
        if "epochs" in given and "steps" not in given:
            merged.pop("steps", None)
        merged |= given
    return layered(GeneratorSettings, merged)


def _recipe(name: str) -> Mapping[str, Any]:
    if name not in GENERATOR_RECIPES:
        raise UsageError(f"recipe is {name!r}: one of {', '.join(GENERATOR_RECIPES)} is expected")
    return GENERATOR_RECIPES[name]
