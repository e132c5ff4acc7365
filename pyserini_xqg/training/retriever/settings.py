"""Settings of a trained retriever, as plain data, and the recipes that give the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.encoding.settings import PAPER_PASSAGE_LENGTH, PAPER_QUERY_LENGTH, EncoderSettings, Pooling
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.paths import keep_as_text
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.common.settings import MODEL, STEPS, TrainerSettings
from pyserini_xqg.training.data.settings import DATA, PLACE, TrainingDataSettings


@dataclass(frozen=True, kw_only=True)
class RetrieverSettings(TrainerSettings):
    """A bi-encoder trained on questions and passages; see :class:`TrainerSettings` for the rest.

    Parameters
    ----------
    recipe : str
        xdr: the paper's; zero-shot: the same on English questions only. Values that were not given come from it, see
        :data:`RECIPES`.
    pooling : {"cls", "mean", "last"} or None
        How the vectors of a text's tokens become one. Here and of the next three, as in
        :class:`pyserini_xqg.encoding.EncoderSettings`, None is what a sentence-transformers base says of itself, and
        the paper's for any other (CLS vector, no unit length, no prefixes).
    l2_norm : bool or None
        Give vectors unit length.
    query_prefix : str or None
        Text put before every question, final blank included.
    passage_prefix : str or None
        Text put before every passage.
    query_max_length : int
        Longest question in tokens.
    passage_max_length : int
        Longest passage in tokens.
    scale : float or None
        Multiplies the dot products; None: 1, or 20 for unit length. Before the softmax, the inverse of a temperature;
        the paper's is 1, with which products of unit length are too close to each other.
    negatives : int
        Wrong passages for each question, beside those of the rest of the batch. Beside its positive too: its hard
        negatives, another draw each epoch, and where it has too few, passages of other questions.
    languages : tuple of str or None
        Train on questions in these languages only: codes or names, repeated or separated by commas.
    default_language : str
        Language of questions that do not say theirs.
    measures : tuple of str
        Measures on --dev, repeated or separated by commas; the first one says which checkpoint is best. Of ir_measures
        or R@kt.
    """

    # Of a class with recipes of its own.
    recipes: ClassVar[tuple[str, ...]] = ()

    recipe: str = "xdr"
    pooling: Pooling | None = field(default=None, metadata=MODEL)
    l2_norm: bool | None = field(default=None, metadata=MODEL)
    query_prefix: str | None = field(default=None, metadata=MODEL)
    passage_prefix: str | None = field(default=None, metadata=MODEL)
    query_max_length: int = field(default=PAPER_QUERY_LENGTH, metadata=MODEL)
    passage_max_length: int = field(default=PAPER_PASSAGE_LENGTH, metadata=MODEL)
    scale: float | None = field(default=None, metadata=STEPS)
    negatives: int = field(default=7, metadata=STEPS)
    languages: tuple[str, ...] | None = field(default=None, metadata={"option": "--language", "comma": True, **DATA})
    default_language: str = field(default=UNKNOWN_LANGUAGE, metadata=DATA)
    measures: tuple[str, ...] = field(
        default=("RR@10", "R@100"), metadata={"option": "--measure", "comma": True, "metavar": "NAMES", **STEPS}
    )

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
class RetrieverDataSettings(TrainingDataSettings):
    """Where the data are; see :class:`TrainingDataSettings` for the rest.

    Parameters
    ----------
    generated : tuple of str or Path
        Queries that xqg generate wrote for the positives, to ask beside the questions; repeated. Files or folders, in
        whatever languages they are.
    generated_corpus : str or Path or None
        The passages that --generated is for, where their ids are others. They are then found by their text; None: by
        id, the ids of the queries are those of the training passages.
    generated_share : float
        How much of each epoch's questions is generated, up to 0.5.
    """

    generated: tuple[str | Path, ...] = field(default=(), metadata=PLACE)
    generated_corpus: str | Path | None = field(default=None, metadata=PLACE)
    generated_share: float = field(default=0.3, metadata=DATA)

    def __post_init__(self) -> None:
        super().__post_init__()
        keep_as_text(self, "generated", "generated_corpus")
        if self.generated_corpus and not self.generated:
            raise UsageError("generated_corpus is given without generated queries")
        if not 0 < self.generated_share <= 0.5:
            raise UsageError(
                f"generated_share is {self.generated_share}: a share above 0 and up to 0.5 is expected (without "
                "generated queries there are none to leave out)"
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
