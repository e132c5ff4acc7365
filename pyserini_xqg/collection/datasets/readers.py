"""The published formats of training data, each read to the same examples."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.afriqa import FILE_NAME as AFRIQA_NAME
from pyserini_xqg.collection.datasets.examples import (
    TrainingExample,
    answers_of,
    content_id,
    language_of,
    optional_text_of,
    passages_of,
    text_of,
)
from pyserini_xqg.collection.datasets.squad import LANGUAGE_IN_NAME, read_squad_folder
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.jsonl import Record, jsonl_files, open_binary, read_records


def read_dpr(path: Path, language: str) -> Iterator[TrainingExample]:
    """DPR's training files, a JSON array or JSON lines: ``{"question", "answers", "positive_ctxs",
    "hard_negative_ctxs"}``. Its random negatives (``negative_ctxs``) are passed over: the batch has those.
    """
    for record in _array_or_lines(path):
        question = text_of(record, "question")
        yield TrainingExample(
            _id(record, question),
            question,
            language_of(record, language),
            passages_of(record, "positive_ctxs"),
            passages_of(record, "hard_negative_ctxs"),
            answers_of(record),
            optional_text_of(record, "english"),
        )


def read_with_contexts(path: Path, language: str) -> Iterator[TrainingExample]:
    """Questions with retrieved or gold passages: ``{"question", "answers", "ctxs": [{"title", "text", "hasanswer"}]}``.

    Passages marked gold (``isgold``) are positives; where none is, those that hold an answer are (``hasanswer`` or
    ``has_answer``). Those that hold none are negatives.
    """
    for record in _array_or_lines(path):
        question = text_of(record, "question")
        passages = passages_of(record, "ctxs")
        marks: list[dict[str, Any]] = record.value.get("ctxs") or []
        holds = [bool(mark.get("hasanswer", mark.get("has_answer"))) for mark in marks]
        gold = [bool(mark.get("isgold")) for mark in marks]
        right = gold if any(gold) else holds
        yield TrainingExample(
            _id(record, question),
            question,
            language_of(record, language),
            tuple(passage for passage, is_right in zip(passages, right, strict=True) if is_right),
            tuple(passage for passage, *marked in zip(passages, right, holds, strict=True) if not any(marked)),
            answers_of(record),
            optional_text_of(record, "english"),
        )


def read_questions(path: Path, language: str) -> Iterator[TrainingExample]:
    """XOR-TyDi's questions, ``{"id", "question", "answers", "lang"}``: examples without passages."""
    for file in jsonl_files(path):
        for record in read_records(file):
            question = text_of(record, "question")
            answers, own = answers_of(record), language_of(record, language)
            english = optional_text_of(record, "english")
            yield TrainingExample(_id(record, question), question, own, (), (), answers, english)


def read_squad(path: Path, language: str) -> Iterator[TrainingExample]:
    """SQuAD's format: a folder with parallel files, of which the English one gives passages and English questions, or
    one file with its own contexts.
    """
    if not path.is_dir():
        found = LANGUAGE_IN_NAME.search(path.name)
        yield from _squad_file(path, language_code(found[1]) if found else language)
        return
    retrieval = read_squad_folder(path)
    english = next(
        file for file in path.glob("*.json") if (found := LANGUAGE_IN_NAME.search(file.name)) and found[1] == "en"
    )
    parallel = {example.id.split("-", 1)[1]: example.question for example in _squad_file(english, "en")}
    passages = {
        passage.id: Passage(content_id(passage.title, passage.text), passage.text, passage.title)
        for passage in retrieval.passages
    }
    for code, asked in retrieval.questions.items():
        for question in asked:
            yield TrainingExample(
                question.id,
                question.text,
                code,
                (passages[question.passage_id],),
                (),
                question.answers,
                parallel[question.id.removeprefix(f"{code}-")],
            )


def read_afriqa(folder: Path, split: str) -> Iterator[TrainingExample]:
    """AfriQA's gold passages: the questions of one split; records without a context are left out."""
    files = [(file, found) for file in sorted(folder.glob("*.json")) if (found := AFRIQA_NAME.search(file.name))]
    chosen = [(file, language_code(found[1])) for file, found in files if found[2] == split]
    if not chosen:
        splits = ", ".join(sorted({found[2] for _, found in files}))
        raise MissingInput(f"{folder}: no file of the split {split}; there are files of {splits or 'none'}")
    for file, code in chosen:
        for record in read_records(file):
            text = optional_text_of(record, "context")
            if text is not None:
                title = optional_text_of(record, "title") or ""
                answer = record.value.get("answer_pivot")
                texts = answer.get("text") if isinstance(answer, dict) else None
                yield TrainingExample(
                    f"{code}-{split}-{record.line}",
                    text_of(record, "question_lang"),
                    code,
                    (Passage(content_id(title, text), text, title),),
                    (),
                    tuple(map(str, texts)) if isinstance(texts, list) else (),
                    optional_text_of(record, "question_translated"),
                )


def _squad_file(file: Path, language: str) -> Iterator[TrainingExample]:
    try:
        with open_binary(file) as handle:
            articles = json.loads(handle.read().decode("utf-8-sig"))["data"]
        for article in articles:
            title = article.get("title", "").replace("_", " ")
            for paragraph in article["paragraphs"]:
                text = paragraph["context"].strip()
                passage = Passage(content_id(title, text), text, title)
                for asked in paragraph["qas"]:
                    answers = tuple(str(answer["text"]) for answer in asked.get("answers", ()))
                    identifier = f"{language}-{asked['id']}"
                    yield TrainingExample(identifier, asked["question"].strip(), language, (passage,), (), answers)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{file}: not in SQuAD's format ({type(error).__name__}: {error})") from error


def is_array(file: Path) -> bool:
    """Whether a file is one JSON array."""
    with open_binary(file) as handle:
        return handle.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def first_record(path: Path) -> Record:
    """The first record of a file or folder, of an array too.

    Raises
    ------
    InvalidInput
        There is none.
    """
    for record in _array_or_lines(path):
        return record
    raise InvalidInput(f"{path}: empty; training data are expected")


def _array_or_lines(path: Path) -> Iterator[Record]:
    """The objects of JSON lines or of a JSON array; of the latter, `line` is the number of the object."""
    for file in jsonl_files(path):
        if not is_array(file):
            yield from read_records(file)
            continue
        try:
            with open_binary(file) as handle:
                values = json.loads(handle.read().decode("utf-8-sig"))
        except (ValueError, RecursionError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InvalidInput(f"{file}: a JSON array that cannot be read ({error})") from error
        for number, value in enumerate(values, start=1):
            if not isinstance(value, dict):
                raise InvalidInput(f"{file}:{number}: a JSON object is expected, found {type(value).__name__}")
            yield Record(value, file, number, 0)


def _id(record: Record, question: str) -> str:
    """The record's id, else one that two different files do not share."""
    given = next(
        (record.value[name] for name in ("id", "question_id", "qid") if record.value.get(name) is not None), None
    )
    return f"{content_id(question)}-{record.line}" if given is None else str(given)


Reader = Callable[[Path, str], Iterable[TrainingExample]]
READERS: dict[str, Reader] = {
    "dpr": read_dpr,
    "nq": read_with_contexts,
    "xor-tydi": read_questions,
    "squad": read_squad,
}
