"""Passages of a collection: their records, ids and texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.storage.jsonl import Record, json_kind

ID_FIELDS = ("id", "_id", "docid")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the corpus."""

    id: str
    text: str
    title: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to encode."""
        return not (self.title or self.text)


def passage_id(record: Record) -> str:
    """The id of a passage or queries record, as Pyserini reads it (``id``, ``_id`` or ``docid``).

    Raises
    ------
    InvalidInput
        There is none, or it is no text or whole number, or it has white space in it: ids are one a line in Pyserini's
        ``docid`` and one column in a run file.
    """
    value = next((record.value[field] for field in ID_FIELDS if record.value.get(field) is not None), None)
    if value is None:
        raise record.invalid(
            f"no id: one of the fields {', '.join(ID_FIELDS)} is expected, found {', '.join(record.value) or 'none'}"
        )
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise record.invalid(f"the id is {value!r}: text or a whole number is expected")
    identifier = str(value)
    if not identifier or any(character.isspace() for character in identifier):
        raise record.invalid(
            f"the id is {identifier!r}: an id is not empty and has no blanks, tabs or newlines (run files are split "
            "at them)"
        )
    return identifier


def parse_passage(record: Record) -> Passage:
    """A passage from ``{"id", "text"}`` with an optional ``"title"``, or from ``{"id", "contents"}``.

    Raises
    ------
    InvalidInput
        A bad id, neither ``text`` nor ``contents``, or a field that is not text. (Empty text is fine, a null title is
        none.)
    """
    field = "text" if "text" in record.value or "contents" not in record.value else "contents"
    if field not in record.value:
        raise record.invalid(f"no text: a field text or contents is expected, found {', '.join(record.value)}")
    return Passage(passage_id(record), _text(record, field, required=True), _text(record, "title", required=False))


def _text(record: Record, field: str, required: bool) -> str:
    value: Any = record.value.get(field)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise record.invalid(f"{field} is {json_kind(value)}: text is expected")
    return value.strip()


def passage_text(title: str | None, text: str | None) -> str:
    """Title and text as one, joined by a blank."""
    return f"{title} {text or ''}".rstrip() if title else text or ""


def passage_key(passage: Passage) -> str:
    """What tells passages apart: their text, composed (ids differ between data sets)."""
    return composed(passage.text)
