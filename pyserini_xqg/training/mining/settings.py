"""Settings of mining: where questions and passages are, how passages are found and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE
from pyserini_xqg.collection.datasets.formats import FORMATS
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.paths import keep_as_text
from pyserini_xqg.training.common.config import layered
from pyserini_xqg.training.data.settings import DATA, PLACE
from pyserini_xqg.training.mining.rules.by_name import RULES

Source = Literal["retriever", "bm25"]
MarginKind = Literal["relative", "absolute", "none"]
ReaderDtype = Literal["float32", "bfloat16"]

# Headings of the command line's help.
SEARCH, JUDGING = {"panel": "Search"}, {"panel": "Judging"}


@dataclass(frozen=True, kw_only=True)
class MiningInputs:
    """Where questions and passages are.

    Parameters
    ----------
    questions : tuple of str or Path
        Questions to find passages for, in any format of training data; repeated. See
        :data:`pyserini_xqg.collection.datasets.formats.FORMATS`.
    corpus : str or Path
        Passages in Pyserini's JSONL: a file or folder, .gz too.
    format : str or None
        Format of --questions; None: seen from the content.
    index : str or Path or None
        An index of the corpus, FAISS or for bm25 Lucene; None: one is made. That one goes afterwards.
    """

    questions: tuple[str | Path, ...] = field(metadata=PLACE)
    corpus: str | Path = field(metadata=PLACE)
    format: str | None = field(default=None, metadata={"option": "--data-format", "choices": tuple(FORMATS), **DATA})
    index: str | Path | None = field(default=None, metadata={"path": True, **SEARCH})

    def __post_init__(self) -> None:
        keep_as_text(self, "questions", "corpus", "index")
        if not self.questions:
            raise UsageError("no questions are named")


@dataclass(frozen=True, kw_only=True)
class MiningSettings:
    """How passages are found and judged.

    Parameters
    ----------
    recipe : {"sentri", "cora", "negatives"}
        sentri: an answer in the text makes a positive; cora: a reader's right answer does; negatives: only negatives
        are looked for.
    source : {"retriever", "bm25"}
        What finds passages: a dense retriever, or BM25.
    depth : int
        Passages to find for each question.
    positives : int
        New positives for a question, at most. Beside those it has already, the best first.
    negatives : int
        New negatives for a question, at most. Beside those it has already, the best first.
    margin : float
        How far below the positive's score a negative has to be. A candidate is none above ``(1 - margin)`` times the
        score of the question's best positive (`relative`), or above it minus `margin` (`absolute`). The scores are the
        retriever's.
    margin_kind : {"relative", "absolute", "none"}
        What --margin is: a share of that score, a difference to it, or nothing (scores are not looked at).
    languages : tuple of str or None
        Questions in these languages only: codes or names, repeated or separated by commas.
    default_language : str
        Language of questions that do not say theirs.
    reader : str or Path or None
        With cora: the model that answers, seq2seq or causal; a folder or Hugging Face id.
    reader_revision : str or None
        Branch, tag or commit of a reader from the hub.
    reader_prompt : str or None
        The reader's prompt, with {question} or {english}, {language}, {title}, {passage}; None: see docs. English is
        the question in English, where the data have it; the model's kind decides on the one that is taken else
        (:data:`pyserini_xqg.training.mining.answer_reader.PROMPTS`).
    reader_input_length : int
        Longest prompt of the reader in tokens. A longer passage loses its end.
    reader_output_length : int
        Longest answer in tokens.
    reader_dtype : {"float32", "bfloat16"}
        Number format of the reader's computation.
    """

    recipe: str
    source: Source = field(default="retriever", metadata=SEARCH)
    depth: int = field(default=50, metadata=SEARCH)
    positives: int = field(default=5, metadata=JUDGING)
    negatives: int = field(default=7, metadata=JUDGING)
    margin: float = field(default=0.05, metadata=JUDGING)
    margin_kind: MarginKind = field(default="none", metadata=JUDGING)
    languages: tuple[str, ...] | None = field(default=None, metadata={"option": "--language", "comma": True, **DATA})
    default_language: str = field(default=UNKNOWN_LANGUAGE, metadata=DATA)
    reader: str | Path | None = field(default=None, metadata=JUDGING)
    reader_revision: str | None = field(default=None, metadata=JUDGING)
    reader_prompt: str | None = field(default=None, metadata=JUDGING)
    reader_input_length: int = field(default=512, metadata=JUDGING)
    reader_output_length: int = field(default=32, metadata=JUDGING)
    reader_dtype: ReaderDtype = field(default="float32", metadata=JUDGING)

    def __post_init__(self) -> None:
        keep_as_text(self, "reader")
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
