"""Retrieval sets: passages and questions about them, small enough for memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyserini_xqg.collection.passages import Passage


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the passage that answers it, and its answers (in the passage's language, where the data set has
    them).
    """

    id: str
    text: str
    passage_id: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class RetrievalSet:
    """Passages and, per language, questions about them; small enough for memory."""

    passages: Sequence[Passage]
    questions: Mapping[str, Sequence[Question]]
