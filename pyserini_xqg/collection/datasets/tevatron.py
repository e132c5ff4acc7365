"""Tevatron's JSON lines: questions with positive and negative passages, the form that examples are written in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg.collection.datasets import records
from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.datasets.records import json_objects
from pyserini_xqg.storage.jsonl import Record


def read_tevatron(path: Path, language: str = UNKNOWN_LANGUAGE, split: str = "train") -> Iterator[TrainingExample]:
    """The examples of Tevatron's JSON lines, a file or a folder.

    Parameters
    ----------
    path : Path
    language : str
        Of questions whose line does not say.
    split : str
        Of no use: such a file is one split.

    Raises
    ------
    MissingInput, InvalidInput
        The file cannot be read, or a line is not of this format.
    """
    return (example_of(record, language) for record in json_objects(path))


def example_of(record: Record, language: str = UNKNOWN_LANGUAGE) -> TrainingExample:
    """The example of one record.

    Raises
    ------
    InvalidInput
        It is not of this format.
    """
    identifier = record.value.get("query_id")
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        raise record.invalid(f"query_id is {identifier!r}: text or a whole number is expected")
    return TrainingExample(
        str(identifier),
        records.text_of(record, "query"),
        records.language_of(record, language),
        records.passages_of(record, "positive_passages"),
        records.passages_of(record, "negative_passages"),
        records.answers_of(record),
        records.optional_text_of(record, "english"),
    )


FORMAT = ExampleFormat(read_tevatron, "Tevatron's (query, positive_passages)", ("query", "positive_passages"))
