"""DPR's training files (Karpukhin et al., 2020): questions with positive and hard negative contexts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg.collection.datasets import records
from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.datasets.records import json_objects


def read_dpr(path: Path, language: str = UNKNOWN_LANGUAGE, split: str = "train") -> Iterator[TrainingExample]:
    """A JSON array or JSON lines: ``{"question", "answers", "positive_ctxs", "hard_negative_ctxs"}``.

    The random negatives (``negative_ctxs``) are passed over: the batch has those.
    """
    for record in json_objects(path):
        question = records.text_of(record, "question")
        yield TrainingExample(
            records.id_of(record, question),
            question,
            records.language_of(record, language),
            records.passages_of(record, "positive_ctxs"),
            records.passages_of(record, "hard_negative_ctxs"),
            records.answers_of(record),
            records.optional_text_of(record, "english"),
        )


FORMAT = ExampleFormat(read_dpr, "DPR's (question, positive_ctxs)", ("question", "positive_ctxs"))
