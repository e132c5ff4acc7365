"""Published question sets, read into passages and questions and written as Pyserini reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.collection import Passage


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


def write_corpus(passages: Sequence[Passage], file: Path) -> None:
    """Write passages as Pyserini's JSONL."""
    write_jsonl(({"id": p.id, "title": p.title, "text": p.text} for p in passages), file)


def write_queries(queries: Mapping[str, Mapping[str, Sequence[str]]], file: Path) -> None:
    """Write generated queries, ``{passage id: {language: [query, ...]}}``, in our format."""
    write_jsonl(({"id": identifier, "queries": by_language} for identifier, by_language in queries.items()), file)


def write_topics(questions: Sequence[Question], file: Path) -> None:
    """Write questions as Pyserini's topics."""
    lines = (f"{question.id}\t{' '.join(question.text.split())}\n" for question in questions)
    file.write_text("".join(lines), encoding="utf-8")


def write_qrels(questions: Sequence[Question], file: Path) -> None:
    """Write which passage answers which question, as TREC qrels."""
    file.write_text("".join(f"{question.id} 0 {question.passage_id} 1\n" for question in questions), encoding="utf-8")


def write_jsonl(values: object, file: Path) -> None:
    """Write JSON objects, one a line."""
    with file.open("w", encoding="utf-8", newline="\n") as handle:
        for value in values:  # type: ignore[attr-defined]
            handle.write(json.dumps(value, ensure_ascii=False) + "\n")
