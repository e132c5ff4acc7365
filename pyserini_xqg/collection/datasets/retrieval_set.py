"""Retrieval sets: passages and questions, small enough for memory, and files of them as Pyserini reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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


def corpus_lines(passages: Iterable[Passage]) -> Iterator[str]:
    """Passages as lines of Pyserini's JSONL."""
    return jsonl_lines({"id": p.id, "title": p.title, "text": p.text} for p in passages)


def queries_lines(queries: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[str]:
    """Generated queries, ``{passage id: {language: [query, ...]}}``, as lines of our format."""
    return jsonl_lines({"id": identifier, "queries": by_language} for identifier, by_language in queries.items())


def write_corpus(passages: Iterable[Passage], file: str | Path) -> None:
    """Write passages as Pyserini's JSONL."""
    write_lines(corpus_lines(passages), file)


def write_queries(queries: Mapping[str, Mapping[str, Sequence[str]]], file: str | Path) -> None:
    """Write generated queries in our format."""
    write_lines(queries_lines(queries), file)


def write_topics(questions: Sequence[Question], file: str | Path) -> None:
    """Write questions as Pyserini's topics."""
    lines = (f"{question.id}\t{' '.join(question.text.split())}\n" for question in questions)
    Path(file).write_text("".join(lines), encoding="utf-8")


def write_qrels(questions: Sequence[Question], file: str | Path) -> None:
    """Write which passage answers which question, as TREC qrels."""
    lines = (f"{question.id} 0 {question.passage_id} 1\n" for question in questions)
    Path(file).write_text("".join(lines), encoding="utf-8")


def jsonl_lines(values: Iterable[object]) -> Iterator[str]:
    """JSON objects, one a line."""
    return (json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def write_lines(lines: Iterable[str], file: str | Path) -> None:
    """Write lines that end in line feeds."""
    with Path(file).open("w", encoding="utf-8", newline="\n") as handle:
        handle.writelines(lines)
