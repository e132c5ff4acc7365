"""Parallel text as a retrieval set: English sentences are the corpus, and each other one asks for its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.parallel import ParallelText
from pyserini_xqg.collection.datasets.retrieval_set import Question
from pyserini_xqg.collection.published.base import Asked, Contents

HANDLED = (
    "As a retrieval set: English sentences are the corpus, each once, and a sentence in another language asks for its "
    "own. `parallel/` has the files themselves, for [`xqg align`](alignment.md)."
)


def contents_of(text: ParallelText, asked: Asked, kept: Sequence[Path]) -> Contents:
    """The sentences in the languages that are wanted, and the files to keep."""
    ids = [passage.id for passage in text.english]
    questions: dict[str, list[Question]] = {}
    relevant: dict[str, dict[str, int]] = {}
    for code in asked.languages:
        pairs = text.pairs.get(code, ())
        questions[code] = [Question(f"{code}-{ids[each.row]}", each.text, ids[each.row]) for each in pairs]
        relevant |= {each.id: {each.passage_id: 1} for each in questions[code]}
    return Contents(questions, text.english, relevant, kept)
