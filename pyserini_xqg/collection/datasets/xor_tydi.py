"""XOR-TyDi's questions (Asai et al., 2021): questions in seven languages with English answers, and no passages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg.collection.datasets import records
from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.datasets.records import json_objects


def read_xor_tydi(path: Path, language: str = UNKNOWN_LANGUAGE, split: str = "train") -> Iterator[TrainingExample]:
    """JSON lines ``{"id", "question", "answers", "lang"}``: examples without passages."""
    for record in json_objects(path):
        question = records.text_of(record, "question")
        yield TrainingExample(
            records.id_of(record, question),
            question,
            records.language_of(record, language),
            answers=records.answers_of(record),
            english=records.optional_text_of(record, "english"),
        )


FORMAT = ExampleFormat(read_xor_tydi, "XOR-TyDi's (question, lang)", ("question", "lang"))
