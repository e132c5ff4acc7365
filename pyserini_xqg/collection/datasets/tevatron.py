"""Tevatron's JSON lines: questions with positive and negative passages, the form that examples are written in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg.collection.datasets import fields
from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.datasets.json_objects import json_objects


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
    for record in json_objects(path):
        identifier = record.value.get("query_id")
        if isinstance(identifier, bool) or not isinstance(identifier, str | int):
            raise record.invalid(f"query_id is {identifier!r}: text or a whole number is expected")
        yield TrainingExample(
            str(identifier),
            fields.text_of(record, "query"),
            fields.language_of(record, language),
            fields.passages_of(record, "positive_passages"),
            fields.passages_of(record, "negative_passages"),
            fields.answers_of(record),
            fields.optional_text_of(record, "english"),
        )


FORMAT = ExampleFormat(read_tevatron, "Tevatron's (query, positive_passages)", ("query", "positive_passages"))
