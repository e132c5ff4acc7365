"""What the records of a collection say: passages, generated queries, topics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.jsonl import Record
from pyserini_xqg.languages import language_code

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


@dataclass(frozen=True, slots=True)
class PassageQueries:
    """The generated queries of one passage, by language code."""

    id: str
    queries: Mapping[str, tuple[str, ...]]


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


def parse_queries(record: Record) -> PassageQueries:
    """Queries from ``{"id", "queries": {language: [...]}}``, or from the published ``{"docid", "generated_queries":
    {...}}``.

    Empty queries are left out. Languages are given by code or English name.

    Raises
    ------
    InvalidInput
        A bad id, no such field, an unknown language, or queries that are not lists of text.
    """
    field = "generated_queries" if "generated_queries" in record.value else "queries"
    by_language = record.value.get(field)
    if not isinstance(by_language, dict):
        raise record.invalid(f'{field} is {_kind(by_language)}: an object {{"language": ["query", ...]}} is expected')
    queries: dict[str, tuple[str, ...]] = {}
    for language, texts in by_language.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise record.invalid(f"the queries of {language!r} are no list of texts")
        try:
            code = language_code(language)
        except InvalidInput as error:
            raise record.invalid(str(error)) from error
        if code in queries:
            raise record.invalid(f"the language {code} is there twice")
        queries[code] = tuple(stripped for text in texts if (stripped := text.strip()))
    return PassageQueries(passage_id(record), queries)


def read_topics(path: Path) -> Iterator[tuple[str, str]]:
    """The (id, text) pairs of a topics file, ``qid TAB text`` a line, as Pyserini's.

    Raises
    ------
    MissingInput
        The file is not there.
    InvalidInput
        A line without a tab, an empty id or text, or a file that is not UTF-8.
    """
    try:
        handle = path.open(encoding="utf-8-sig")
    except OSError as error:
        raise MissingInput(f"{path}: cannot be read ({error.strerror})") from error
    with handle:
        try:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    identifier, tab, text = line.rstrip("\r\n").partition("\t")
                    if not tab or not identifier.strip() or not text.strip():
                        raise InvalidInput(
                            f"{path}:{number}: expected an id, a tab and the question, found {line.strip()[:60]!r}"
                        )
                    yield identifier.strip(), text.strip()
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{path}: not UTF-8 ({error.reason}); convert the file to UTF-8") from error


def _text(record: Record, field: str, required: bool) -> str:
    value: Any = record.value.get(field)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise record.invalid(f"{field} is {_kind(value)}: text is expected")
    return value.strip()


def _kind(value: object) -> str:
    return "null" if value is None else f"a JSON {type(value).__name__}"
