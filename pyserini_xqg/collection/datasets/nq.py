"""Natural Questions with contexts, and other questions with retrieved or gold passages (XOR-TyDi's by DPR)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets import records
from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.datasets.records import json_objects


def read_nq(path: Path, language: str = UNKNOWN_LANGUAGE, split: str = "train") -> Iterator[TrainingExample]:
    """A JSON array or JSON lines: ``{"question", "answers", "ctxs": [{"title", "text", "hasanswer"}]}``.

    Passages marked gold (``isgold``) are positives; where none is, those that hold an answer are (``hasanswer`` or
    ``has_answer``). Those that hold none are negatives.
    """
    for record in json_objects(path):
        question = records.text_of(record, "question")
        passages = records.passages_of(record, "ctxs")
        marks: list[dict[str, Any]] = record.value.get("ctxs") or []
        holds = [bool(mark.get("hasanswer", mark.get("has_answer"))) for mark in marks]
        gold = [bool(mark.get("isgold")) for mark in marks]
        right = gold if any(gold) else holds
        yield TrainingExample(
            records.id_of(record, question),
            question,
            records.language_of(record, language),
            tuple(passage for passage, is_right in zip(passages, right, strict=True) if is_right),
            tuple(passage for passage, *marked in zip(passages, right, holds, strict=True) if not any(marked)),
            records.answers_of(record),
            records.optional_text_of(record, "english"),
        )


FORMAT = ExampleFormat(read_nq, "questions with ctxs", ("question", "ctxs"))
