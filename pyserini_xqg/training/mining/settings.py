"""Settings of mining: where questions and passages are, how passages are found and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.mining.rules.by_name import RULES

Source = Literal["retriever", "bm25"]
MarginKind = Literal["relative", "absolute", "none"]
ReaderDtype = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class MiningInputs:
    """Where questions and passages are.

    Parameters
    ----------
    questions : tuple of str
        Files and folders of any format of :data:`pyserini_xqg.collection.datasets.formats.FORMATS`.
    corpus : str
        Passages, Pyserini's JSONL: a file or folder.
    format : str or None
        Of the questions; None: recognised by their content.
    index : str or None
        Of the same corpus: a FAISS index folder, for BM25 a Lucene one. None makes one, which goes afterwards.
    """

    questions: tuple[str, ...]
    corpus: str
    format: str | None = None
    index: str | None = None

    def __post_init__(self) -> None:
        if not self.questions:
            raise UsageError("no questions are named")


@dataclass(frozen=True, kw_only=True)
class MiningSettings:
    """How passages are found and judged.

    Parameters
    ----------
    recipe : {"sentri", "cora", "negatives"}
        Who says that a passage answers: an answer in its text, a reader, or the data alone.
    source : {"retriever", "bm25"}
        Who finds the passages.
    depth : int
        How many a question.
    positives, negatives : int
        The most that a question gets beside those it has already, the best first.
    margin : float
        A candidate whose score is too near to that of the question's best positive is no negative: above
        ``(1 - margin)`` times it (`relative`), or above it minus `margin` (`absolute`). The scores are the retriever's.
    margin_kind : {"relative", "absolute", "none"}
    languages : tuple of str or None
        Only questions in these.
    default_language : str
        Of questions that do not say theirs.
    reader, reader_revision : str or None
        Of cora: the model that answers, a sequence-to-sequence or causal one.
    reader_prompt : str or None
        With the fields ``{question}``, ``{english}`` (the question in English, where the data have it), ``{language}``,
        ``{title}``, ``{passage}``; None: the model's kind decides
        (:data:`pyserini_xqg.training.mining.answer_reader.PROMPTS`).
    reader_input_length, reader_output_length : int
        In tokens; a longer passage loses its end.
    reader_dtype : {"float32", "bfloat16"}
    """

    recipe: str
    source: Source = "retriever"
    depth: int = 50
    positives: int = 5
    negatives: int = 7
    margin: float = 0.05
    margin_kind: MarginKind = "none"
    languages: tuple[str, ...] | None = None
    default_language: str = UNKNOWN_LANGUAGE
    reader: str | None = None
    reader_revision: str | None = None
    reader_prompt: str | None = None
    reader_input_length: int = 512
    reader_output_length: int = 32
    reader_dtype: ReaderDtype = "float32"

    def __post_init__(self) -> None:
        if self.recipe not in RULES:
            raise UsageError(f"recipe is {self.recipe!r}: one of {', '.join(RULES)} is expected")
        for name in ("depth", "reader_input_length", "reader_output_length"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}: at least 1 is expected")
        for name in ("positives", "negatives", "margin"):
            if not getattr(self, name) >= 0:
                raise UsageError(f"{name} is {getattr(self, name)}: 0 or more is expected")
        if RULES[self.recipe].reads and self.reader is None:
            raise UsageError(f"{self.recipe} needs a model that answers questions: give --reader")
        if not RULES[self.recipe].reads and self.reader is not None:
            readers = " or ".join(name for name, rule in RULES.items() if rule.reads)
            raise UsageError(f"the recipe {self.recipe} reads nothing: leave --reader out, or take {readers}")
        if self.languages is not None:
            object.__setattr__(self, "languages", tuple(language_code(language) for language in self.languages))
        object.__setattr__(self, "default_language", language_code(self.default_language))

    def identity(self) -> dict[str, Any]:
        """All of them but the reader's place, as JSON has them."""
        values = {name: value for name, value in asdict(self).items() if name not in ("reader", "reader_revision")}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def mining_settings(*layers: Mapping[str, Any]) -> MiningSettings:
    """Settings from the recipe that the layers name, under the layers themselves; a later layer overrides an earlier.

    Raises
    ------
    UsageError
        No recipe, no such one, or a value that cannot be.
    """
    named = [layer["recipe"] for layer in layers if layer.get("recipe") is not None]
    if not named:
        raise UsageError(f"no recipe is named; there are {', '.join(RULES)}")
    rule = RULES.get(named[-1])
    return layered(MiningSettings, rule.defaults if rule is not None else {}, *layers)
