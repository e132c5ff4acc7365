"""Settings of a trained query generator, as plain data, and the recipes that give the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.common.settings import MEMORY, MODEL, STEPS, TrainerSettings
from pyserini_xqg.training.data.settings import DATA

PAPER_BASE = "google/mt5-base"
LORA = {"panel": "LoRA"}
PAPER_TRAINING_LENGTH, PAPER_QUESTION_LENGTH = 128, 32


@dataclass(frozen=True, kw_only=True)
class GeneratorSettings(TrainerSettings):
    """A model that learns to write a question for a passage; see :class:`TrainerSettings` for the rest.

    Parameters
    ----------
    recipe : str
        paper: all weights of mT5; lora: few weights, for language models. Values that were not given come from it, see
        :data:`GENERATOR_RECIPES`.
    steps : int or None
        Train for so many steps. None: `epochs` passes over the data; where both are given, the steps count.
    batch_size : int
        Training examples in a step, over all processes.
    epochs : int
        Passes over the data, where --steps is not given.
    mini_batch : int or None
        Save memory: examples in the model at once. Gradients are added up until the batch is
        complete, and weighted by tokens, so that the step is the same to rounding. None: the whole batch.
    checkpoint_every : int or None
        Steps between checkpoints; None: 20 in all.
    input_length : int
        Longest prompt in tokens; of a language model, longest passage. Over-long passages lose their end.
    output_length : int
        Longest question in tokens. The one that ends it is included.
    lora_rank : int
        Rank of the weights that LoRA adds; 0: train all weights. Else train so many dimensions beside each linear
        layer, and add them to its weights at the end.
    lora_alpha : int
        Weight of what LoRA adds. It is `lora_alpha` / `lora_rank`.
    lora_dropout : float
        Share of what LoRA adds that is left out at random.
    lora_targets : tuple of str
        Layers that LoRA adds to, repeated or separated by commas. With ``all-linear`` those of attention and MLP,
        whatever the architecture calls them.
    parallel : bool
        Learn from English questions with the passage as well, where the data have them. The question in its language is
        written from the English one and the passage, with a prompt of its own.
    languages : tuple of str or None
        Train on questions in these languages only: codes or names, repeated or separated by commas.
    default_language : str
        Language of questions that do not say theirs.
    """

    recipe: str = "paper"
    steps: int | None = field(default=None, metadata=STEPS)
    learning_rate: float = field(default=1e-4, metadata=STEPS)
    warmup_ratio: float = field(default=0.0, metadata=STEPS)
    epochs: int = field(default=3, metadata=STEPS)
    mini_batch: int | None = field(default=16, metadata=MEMORY)
    input_length: int = field(default=PAPER_TRAINING_LENGTH, metadata=MODEL)
    output_length: int = field(default=PAPER_QUESTION_LENGTH, metadata=MODEL)
    lora_rank: int = field(default=0, metadata=LORA)
    lora_alpha: int = field(default=32, metadata=LORA)
    lora_dropout: float = field(default=0.05, metadata=LORA)
    lora_targets: tuple[str, ...] = field(
        default=("all-linear",), metadata={"option": "--lora-target", "comma": True, "metavar": "NAMES", **LORA}
    )
    parallel: bool = field(default=False, metadata=DATA)
    languages: tuple[str, ...] | None = field(default=None, metadata={"option": "--language", "comma": True, **DATA})
    default_language: str = field(default=UNKNOWN_LANGUAGE, metadata=DATA)

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
