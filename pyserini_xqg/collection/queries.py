"""Generated queries: the records of a folder of queries, and which of a passage's count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyserini_xqg.collection.languages import one_a_language
from pyserini_xqg.collection.passages import passage_id
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import Record, json_kind


@dataclass(frozen=True, slots=True)
class PassageQueries:
    """The generated queries of one passage, by language code."""

    id: str
    queries: Mapping[str, tuple[str, ...]]


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
        raise record.invalid(
            f'{field} is {json_kind(by_language)}: an object {{"language": ["query", ...]}} is expected'
        )
    try:
        names = one_a_language(by_language)
    except InvalidInput as error:
        raise record.invalid(str(error)) from error
    queries: dict[str, tuple[str, ...]] = {}
    for code, language in names.items():
        texts = by_language[language]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise record.invalid(f"the queries of {language!r} are no list of texts")
        queries[code] = tuple(stripped for text in texts if (stripped := text.strip()))
    return PassageQueries(passage_id(record), queries)


def chosen_queries(
    record: PassageQueries | None, languages: Sequence[str], num_queries: int | None
) -> Iterator[tuple[str, str]]:
    """The (language, query) pairs of a passage that count, in the order of `languages`."""
    if record is not None:
        for language in languages:
            for text in record.queries.get(language, ())[:num_queries]:
                yield language, text
