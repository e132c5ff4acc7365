"""Fields of a record, as published training data have them."""

from __future__ import annotations

from pyserini_xqg.collection.datasets.examples import content_id
from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import Record

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
