"""What a retriever learns from: a question, passages that answer it and passages that do not.

On disk an example is a line of Tevatron's format with three more keys, which Tevatron passes over::

    {"query_id": "q1", "query": "Missä Niger alkaa?",
     "positive_passages": [{"docid": "d1", "title": "Niger River", "text": "The Niger River rises in ..."}],
     "negative_passages": [{"docid": "d2", "title": "Congo River", "text": "The Congo River drains ..."}],
     "language": "fi", "answers": ["Guinea"], "english": "Where does the Niger begin?"}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records

# ISO 639's code of a language that is not known.
UNKNOWN_LANGUAGE = "und"
PASSAGE_ID_FIELDS = ("docid", "passage_id", "psg_id", "id", "_id")


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """A question with its passages.

    Parameters
    ----------
    id : str
    question : str
    language : str
        Of the question, as a code; ``und`` where the data do not say.
    positives, negatives : tuple of Passage
    answers : tuple of str
        In the passages' language.
    english : str or None
        The same question in English, where the data have it.
    """

    id: str
    question: str
    language: str = UNKNOWN_LANGUAGE
    positives: tuple[Passage, ...] = ()
    negatives: tuple[Passage, ...] = ()
    answers: tuple[str, ...] = ()
    english: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The line of the file."""
        value: dict[str, Any] = {
            "query_id": self.id,
            "query": self.question,
            "positive_passages": [_passage_as_json(passage) for passage in self.positives],
            "negative_passages": [_passage_as_json(passage) for passage in self.negatives],
            "language": self.language,
            "answers": list(self.answers),
        }
        return value if self.english is None else value | {"english": self.english}


def write_examples(examples: Iterable[TrainingExample], file: Path) -> None:
    """Write examples, one a line."""
    with file.open("w", encoding="utf-8", newline="\n") as handle:
        handle.writelines(json.dumps(example.as_json(), ensure_ascii=False) + "\n" for example in examples)


def fingerprint_examples(examples: Iterable[TrainingExample]) -> str:
    """SHA-256 of the examples, whatever format they were read from."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(example.as_json(), ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def read_tevatron(path: Path, language: str = UNKNOWN_LANGUAGE) -> Iterator[TrainingExample]:
    """The examples of Tevatron's JSON lines, a file or a folder.

    Parameters
    ----------
    path : Path
    language : str
        Of questions whose line does not say.

    Raises
    ------
    MissingInput, InvalidInput
        The file cannot be read, or a line is not of this format.
    """
    for file in jsonl_files(path):
        for record in read_records(file):
            identifier = record.value.get("query_id")
            if isinstance(identifier, bool) or not isinstance(identifier, str | int):
                raise record.invalid(f"query_id is {identifier!r}: text or a whole number is expected")
            yield TrainingExample(
                str(identifier),
                text_of(record, "query"),
                language_of(record, language),
                passages_of(record, "positive_passages"),
                passages_of(record, "negative_passages"),
                answers_of(record),
                optional_text_of(record, "english"),
            )


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


def content_id(*texts: str) -> str:
    """An id that says no more than what it is the id of."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _passage_as_json(passage: Passage) -> dict[str, str]:
    return {"docid": passage.id, "title": passage.title, "text": passage.text}


def _kind(value: object) -> str:
    return "missing or null" if value is None else f"a JSON {type(value).__name__}"
