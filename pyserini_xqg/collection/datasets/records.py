"""JSON records of published files, in lines, in an array or as the whole file, and their fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.examples import content_id
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records
from pyserini_xqg.storage.text_files import errors_named, open_binary, read_text


def json_objects(path: Path) -> Iterator[Record]:
    """The objects of JSON lines or of a JSON array, of a file or folder; of an array, `line` is the object's number.

    Raises
    ------
    MissingInput, InvalidInput
        A file cannot be read, or an object is none.
    """
    for file in jsonl_files(path):
        if not _is_array(file):
            yield from read_records(file)
            continue
        try:
            values = whole_json(file)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"{file}: a JSON array that cannot be read ({error})") from error
        for number, value in enumerate(values, start=1):
            if not isinstance(value, dict):
                raise InvalidInput(f"{file}:{number}: a JSON object is expected, found {type(value).__name__}")
            yield Record(value, file, number, 0)


def first_object(path: Path) -> Record:
    """The first object of a file or folder, or the first file itself where it is one object over many lines.

    Raises
    ------
    MissingInput, InvalidInput
        There is none.
    """
    try:
        for record in json_objects(path):
            return record
    except InvalidInput:
        file = jsonl_files(path)[0]
        try:
            value = whole_json(file)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise
        return Record(value, file, 1, 0)
    raise InvalidInput(f"{path}: empty; training data are expected")


def whole_json(file: Path) -> Any:
    """What a file says as one piece of JSON, gzipped or not.

    Raises
    ------
    MissingInput
        It cannot be read.
    InvalidInput
        It is not UTF-8, or a damaged gzip file.
    ValueError, RecursionError
        It is no JSON.
    """
    return json.loads(read_text(file))


def _is_array(file: Path) -> bool:
    with open_binary(file) as handle, errors_named(file):
        return handle.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


QUESTION_ID_FIELDS = ("id", "question_id", "qid")


PASSAGE_ID_FIELDS = ("docid", "passage_id", "psg_id", "id", "_id")


def id_of(record: Record, question: str) -> str:
    """The id of a question, else one that two different files do not share."""
    given = next((record.value[name] for name in QUESTION_ID_FIELDS if record.value.get(name) is not None), None)
    return f"{content_id(question)}-{record.line}" if given is None else str(given)


def text_of(record: Record, field: str) -> str:
    """A field that is text, without blanks around it.

    Raises
    ------
    InvalidInput
        It is missing or something else.
    """
    value = record.value.get(field)
    if not isinstance(value, str):
        raise record.invalid(f"{field} is {_kind(value)}: text is expected")
    return value.strip()


def optional_text_of(record: Record, field: str) -> str | None:
    """A field that is text, or missing, or null, or empty."""
    return (text_of(record, field) or None) if record.value.get(field) is not None else None


def language_of(record: Record, default: str) -> str:
    """The code of the language that ``language`` or ``lang`` names, else `default`.

    Raises
    ------
    InvalidInput
        It is no language.
    """
    value = record.value.get("language", record.value.get("lang"))
    if value is None:
        return default
    try:
        return language_code(str(value))
    except InvalidInput as error:
        raise record.invalid(str(error)) from error


def answers_of(record: Record) -> tuple[str, ...]:
    """The texts of ``answers``, a list or one text; none where it is missing.

    Raises
    ------
    InvalidInput
        It is something else.
    """
    value = record.value.get("answers", record.value.get("answer"))
    if value is None:
        return ()
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise record.invalid(f"answers is {_kind(value)}: a list of texts is expected")
    return tuple(texts)


def passages_of(record: Record, field: str) -> tuple[Passage, ...]:
    """The passages of a field: a list of objects with ``text``, and perhaps ``title`` and an id; none if it is missing.

    A passage without an id gets one from its content.

    Raises
    ------
    InvalidInput
        It is something else.
    """
    value = record.value.get(field)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise record.invalid(f"{field} is {_kind(value)}: a list of passages is expected")
    return tuple(passage_of(record, field, number, item) for number, item in enumerate(value, start=1))


def passage_of(record: Record, field: str, number: int, value: object) -> Passage:
    """One passage, the `number`-th of `field`.

    Raises
    ------
    InvalidInput
        It is not an object with a text.
    """
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise record.invalid(
            f'passage {number} of {field} is {_kind(value)} without a "text": {{"title", "text"}} is expected'
        )
    title, text = value.get("title") or "", value["text"].strip()
    if not isinstance(title, str):
        raise record.invalid(f"the title of passage {number} of {field} is {_kind(title)}: text is expected")
    given = next((value[name] for name in PASSAGE_ID_FIELDS if value.get(name) not in (None, "")), None)
    return Passage(content_id(title.strip(), text) if given is None else str(given), text, title.strip())


def _kind(value: object) -> str:
    return "missing or null" if value is None else f"a JSON {type(value).__name__}"
