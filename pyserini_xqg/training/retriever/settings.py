"""Settings of a trained retriever, as plain data, and the recipes that give the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.encoding.settings import PAPER_PASSAGE_LENGTH, PAPER_QUERY_LENGTH, EncoderSettings, Pooling
from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.common.settings import TrainerSettings


@dataclass(frozen=True, kw_only=True)
class RetrieverSettings(TrainerSettings):
    """A bi-encoder trained on questions and passages; see :class:`TrainerSettings` for the rest.

    Parameters
    ----------
    recipe : str
        Of :data:`RECIPES`, where the values come from that were not given.
    pooling, l2_norm, query_prefix, passage_prefix
        As in :class:`pyserini_xqg.encoding.EncoderSettings`: None is what a sentence-transformers base says of
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
