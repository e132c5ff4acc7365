"""AfriQA's gold passages (Ogundepo et al., 2023): questions in African languages, each with an English passage."""

from __future__ import annotations

import re
from pathlib import Path

from pyserini_xqg.collection.datasets.base import Question, RetrievalSet
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingInput
from pyserini_xqg.storage.jsonl import Record, read_records

FILE_NAME = re.compile(r"gold_span_passages\.afriqa\.([a-z]+)\.en\.(\w+)\.json$")


def read_afriqa_folder(folder: Path, split: str) -> RetrievalSet:
    """All passages of a folder, and the questions of one split.

    Parameters
    ----------
    folder : Path
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
    for file in sorted(folder.glob("gold_span_passages.afriqa.*.json")):
        found = FILE_NAME.search(file.name)
        for record in read_records(file) if found else ():
            context = _text(record, "context")
            if not context:
                continue
            passage = passages.setdefault(context, Passage(f"p{len(passages)}", context, _text(record, "title")))
            if found and found[2] == split:
                code = language_code(found[1])
                asked = questions.setdefault(code, [])
                text = _text(record, "question_lang")
                if not text:
                    raise record.invalid("no question_lang: the question is expected there")
                answers = _answers(record.value.get("answer_pivot"))
                asked.append(Question(f"{code}-{len(asked)}", text, passage.id, answers))
    if not questions:
        raise MissingInput(f"{folder}: no file gold_span_passages.afriqa.LANGUAGE.en.{split}.json")
    return RetrievalSet(list(passages.values()), questions)


def _text(record: Record, field: str) -> str:
    value = record.value.get(field) or ""
    if not isinstance(value, str):
        raise record.invalid(f"{field} is {value!r}: text or null is expected")
    return value.strip()


def _answers(value: object) -> tuple[str, ...]:
    texts = value.get("text") if isinstance(value, dict) else None
    return tuple(map(str, texts)) if isinstance(texts, list) else ()
