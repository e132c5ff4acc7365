"""AfriQA's gold passages (Ogundepo et al., 2023): questions in African languages, each with an English passage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample, content_id
from pyserini_xqg.collection.datasets.records import text_of
from pyserini_xqg.collection.datasets.retrieval_set import Question, RetrievalSet
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.jsonl import Record, read_records
from pyserini_xqg.storage.text_files import matching_files

FILE_NAME = re.compile(r"gold_span_passages\.afriqa\.([a-z]+)\.en\.(\w+)\.json$")


class _Gold(NamedTuple):
    """A record with a passage."""

    record: Record
    language: str
    split: str
    title: str
    context: str

    @property
    def answers(self) -> tuple[str, ...]:
        """In English; none where there are none."""
        value = self.record.value.get("answer_pivot")
        texts = value.get("text") if isinstance(value, dict) else None
        return tuple(map(str, texts)) if isinstance(texts, list) else ()


def read_afriqa_folder(folder: str | Path, split: str) -> RetrievalSet:
    """All passages of a folder, and the questions of one split.

    Parameters
    ----------
    folder : str or Path
        With files named ``gold_span_passages.afriqa.LANGUAGE.en.SPLIT.json``.
    split : str
        ``train``, ``dev`` or ``test``. Passages of the other splits stay, as distractors.

    Returns
    -------
    RetrievalSet
        Records without a context are left out.

    Raises
    ------
    MissingInput
        There is no file of the split.
    InvalidInput
        A line is not JSON, or a field is not what it is in AfriQA.
    """
    passages: dict[str, Passage] = {}
    questions: dict[str, list[Question]] = {}
    for gold in _read(Path(folder)):
        passage = passages.setdefault(gold.context, Passage(f"p{len(passages)}", gold.context, gold.title))
        if gold.split == split:
            code = language_code(gold.language)
            asked = questions.setdefault(code, [])
            text = _text(gold.record, "question_lang")
            if not text:
                raise gold.record.invalid("no question_lang: the question is expected there")
            asked.append(Question(f"{code}-{len(asked)}", text, passage.id, gold.answers))
    if not questions:
        raise MissingInput(f"{folder}: no file gold_span_passages.afriqa.LANGUAGE.en.{split}.json")
    return RetrievalSet(list(passages.values()), questions)


def read_afriqa(path: Path, language: str = UNKNOWN_LANGUAGE, split: str = "train") -> Iterator[TrainingExample]:
    """The questions of one split with their passages; records without a context are left out.

    Raises
    ------
    MissingInput
        There is no file of the split.
    InvalidInput
        See :func:`read_afriqa_folder`; or a file was given in place of its folder.
    """
    if path.is_file():
        raise InvalidInput(f"{path}: a file of AfriQA: give its folder, and the split is chosen in it")
    splits = {found[2] for found, _ in matching_files(path, FILE_NAME)}
    if split not in splits:
        there = ", ".join(sorted(splits))
        raise MissingInput(f"{path}: no file of the split {split}; there are files of {there or 'none'}")
    for gold in _read(path, split):
        code = language_code(gold.language)
        yield TrainingExample(
            f"{code}-{split}-{gold.record.line}",
            text_of(gold.record, "question_lang"),
            code,
            (Passage(content_id(gold.title, gold.context), gold.context, gold.title),),
            (),
            gold.answers,
            _text(gold.record, "question_translated") or None,
        )


def _read(folder: Path, split: str | None = None) -> Iterator[_Gold]:
    """The records with a context, of one split or of all."""
    for found, file in matching_files(folder, FILE_NAME):
        if split in (None, found[2]):
            for record in read_records(file):
                if context := _text(record, "context"):
                    yield _Gold(record, found[1], found[2], _text(record, "title"), context)


def _text(record: Record, field: str) -> str:
    value = record.value.get(field) or ""
    if not isinstance(value, str):
        raise record.invalid(f"{field} is {value!r}: text or null is expected")
    return value.strip()


FORMAT = ExampleFormat(read_afriqa, "a folder of AfriQA", ("question_lang",), FILE_NAME)
