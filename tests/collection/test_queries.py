from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import Record


def record(**value: object) -> Record:
    return Record(value, Path("c.jsonl"), 7, 0)


@pytest.mark.parametrize("field", ["queries", "generated_queries"])
def test_queries_are_read_by_language_code_without_the_empty_ones(field: str) -> None:
    value = {"docid": "a", field: {"Finnish": [" mikä ", "", " \t"], "TEL": ["t1", "t2"], " ar": []}}
    assert parse_queries(record(**value)).queries == {"fi": ("mikä",), "te": ("t1", "t2"), "ar": ()}
    assert parse_queries(record(**value)).id == "a"


def test_the_published_field_goes_before_ours() -> None:
    found = parse_queries(record(docid="a", generated_queries={"fi": ["x"]}, queries={"fi": ["y"]}))
    assert found.queries == {"fi": ("x",)}


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        ({"id": "a"}, 'queries is null: an object {"language": ["query", ...]} is expected'),
        ({"id": "a", "queries": ["x"]}, "queries is a JSON list"),
        ({"id": "a", "generated_queries": "x"}, "generated_queries is a JSON str"),
        ({"id": "a", "queries": {"fi": "x"}}, "the queries of 'fi' are no list of texts"),
        ({"id": "a", "queries": {"fi": ["x", None]}}, "the queries of 'fi' are no list of texts"),
        ({"id": "a", "queries": {"fi": [["x"]]}}, "the queries of 'fi' are no list of texts"),
        ({"id": "a", "queries": {"Finish": ["x"]}}, "unknown language 'Finish'"),
        ({"id": "a", "queries": {"fi": ["x"], "fin": ["y"]}}, "the language fi is there twice"),
        ({"id": "a", "queries": {"zh-TW": ["x"], "zho_Hans": ["y"]}}, "zh is there twice, as zh-TW and as zho_Hans"),
        ({"queries": {"fi": ["x"]}}, "no id"),
    ],
)
def test_bad_queries_are_named(value: dict[str, object], fragment: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_queries(record(**value))
    assert str(caught.value).startswith("c.jsonl:7: ")
    assert fragment in str(caught.value)
