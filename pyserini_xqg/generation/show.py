"""Passage and queries as text, to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.passages import Passage, parse_passage, passage_id
from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.collection.visible_text import visible
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records

# Unicode's isolates: the text between them has the direction of its first letter, whatever is around it.
ISOLATE, END = "\u2068", "\u2069"

T = TypeVar("T")


@dataclass(frozen=True)
class PassageQueries:
    """A passage's queries, language to texts; and the passage, if it was looked for."""

    id: str
    passage: Passage | None
    queries: Mapping[str, Sequence[str]]


def find(queries: Path, identifier: str, corpus: Path | None = None) -> PassageQueries:
    """The queries of a passage, and the passage if there is a corpus.

    Parameters
    ----------
    queries : Path
        A file or folder of generated queries.
    identifier : str
        Of the passage.
    corpus : Path or None

    Raises
    ------
    InvalidInput
        There is no such passage.
    """
    passage = None if corpus is None else _find(corpus, identifier, parse_passage)
    found = {code: texts for code, texts in _find(queries, identifier, parse_queries).queries.items() if texts}
    return PassageQueries(identifier, passage, dict(sorted(found.items())))


def as_text(found: PassageQueries) -> str:
    """The passage, and its queries, one a line under the name of their language.

    Control characters of the texts are written as escapes.
    """
    lines = []
    if found.passage is not None:
        title = f"{visible(found.id)}  {_isolated(found.passage.title)}".rstrip()
        lines += [title, _isolated(found.passage.text), ""]
    for language, texts in found.queries.items():
        lines.append(f"{language_name(language)} ({language})")
        lines += [f"  {_isolated(text)}" for text in texts]
    return "\n".join(lines) if found.queries else "\n".join([*lines, "no queries"])


def _find(path: Path, identifier: str, parse: Callable[[Record], T]) -> T:
    """The record of an id."""
    seen = 0
    for file in jsonl_files(path):
        for record in read_records(file):
            seen += 1
            if passage_id(record) == identifier:
                return parse(record)
    raise InvalidInput(f"{path}: none of its {seen:,} records has the id {identifier!r}")


def _isolated(text: str) -> str:
    """Line by line: an isolate ends where its line does."""
    return "\n".join(
        f"{ISOLATE}{visible(line)}{END}" if line else "" for line in text.replace("\r\n", "\n").split("\n")
    )
