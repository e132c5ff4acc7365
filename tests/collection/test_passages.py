from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.collection.passages import Passage, parse_passage, passage_id
from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.jsonl import Record

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


def record(**value: object) -> Record:
    return Record(value, Path("c.jsonl"), 7, 0)


@settings(deadline=None)
@given(identifier=IDS, field=st.sampled_from(["id", "_id", "docid"]))
def test_an_id_is_kept_as_it_is_or_refused_for_its_white_space(identifier: str, field: str) -> None:
    if any(character.isspace() for character in identifier):
        with pytest.raises(InvalidInput, match=r"^c\.jsonl:7: the id is "):
            passage_id(record(**{field: identifier}))
    else:
        assert passage_id(record(**{field: identifier})) == identifier
        # What Pyserini does with a docid file, and every tool with a run file.
        assert f"{identifier}\n".splitlines() == [identifier]
        assert f"q Q0 {identifier} 1 0.5 tag".split()[2] == identifier


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"id": 17}, "17"),
        ({"id": 0}, "0"),
        ({"_id": "a", "docid": "b"}, "a"),
        ({"id": None, "docid": "b"}, "b"),
        ({"id": "first", "_id": "second"}, "first"),
    ],
)
def test_the_id_is_the_first_of_the_fields_that_has_one(value: dict[str, object], expected: str) -> None:
    assert passage_id(record(**value)) == expected


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        ({}, "no id: one of the fields id, _id, docid is expected, found none"),
        ({"name": "x", "text": "y"}, "no id: one of the fields id, _id, docid is expected, found name, text"),
        ({"id": None}, "no id"),
        ({"id": True}, "the id is True: text or a whole number is expected"),
        ({"id": 1.0}, "the id is 1.0"),
        ({"id": ["a"]}, r"the id is ['a']"),
        ({"id": {}}, "the id is {}"),
        ({"id": ""}, "the id is ''"),
        ({"id": "a\nb"}, r"the id is 'a\nb'"),
        ({"id": "a\u2028b"}, "the id is"),
        ({"id": "a\u00a0b"}, "the id is"),
    ],
)
def test_a_bad_id_is_named(value: dict[str, object], fragment: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        passage_id(record(**value))
    assert str(caught.value).startswith("c.jsonl:7: ")
    assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"id": "a", "text": " x y \n"}, Passage("a", "x y")),
        ({"id": "a", "text": "x", "title": " T "}, Passage("a", "x", "T")),
        ({"id": "a", "text": "x", "title": None}, Passage("a", "x")),
        ({"id": "a", "contents": "t\nx"}, Passage("a", "t\nx")),
        ({"id": "a", "contents": "c", "text": "x"}, Passage("a", "x")),
        ({"id": "a", "text": ""}, Passage("a", "")),
        ({"id": "a", "text": "x", "url": 3, "more": {}}, Passage("a", "x")),
    ],
)
def test_passages_are_read_from_text_or_contents(value: dict[str, object], expected: Passage) -> None:
    assert parse_passage(record(**value)) == expected


def test_only_a_passage_without_title_and_text_is_empty() -> None:
    empty = [
        parse_passage(record(id="a", text=text, title=title)).is_empty for text in (" ", "x") for title in ("", "t")
    ]
    assert empty == [True, False, False, False]


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        ({"id": "a", "body": "x"}, "no text: a field text or contents is expected, found id, body"),
        ({"id": "a", "text": None}, "text is null: text is expected"),
        ({"id": "a", "text": 3}, "text is a JSON int: text is expected"),
        ({"id": "a", "text": ["x"]}, "text is a JSON list"),
        ({"id": "a", "text": None, "contents": "x"}, "text is null"),
        ({"id": "a", "contents": False}, "contents is a JSON bool"),
        ({"id": "a", "text": "x", "title": 5}, "title is a JSON int"),
    ],
)
def test_a_bad_passage_is_named(value: dict[str, object], fragment: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_passage(record(**value))
    assert str(caught.value).startswith("c.jsonl:7: ")
    assert fragment in str(caught.value)


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
        ({"queries": {"fi": ["x"]}}, "no id"),
    ],
)
def test_bad_queries_are_named(value: dict[str, object], fragment: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_queries(record(**value))
    assert str(caught.value).startswith("c.jsonl:7: ")
    assert fragment in str(caught.value)


def test_topics_are_read_as_pyserini_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "topics.tsv"
    file.write_bytes("\ufeff1\tmikä on\r\n\n2\t a\tb \n3\tc".encode())
    assert list(read_topics(file)) == [("1", "mikä on"), ("2", "a\tb"), ("3", "c")]


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (b"1\tok\n2 no tab\n", "topics.tsv:2: expected an id, a tab and the question, found '2 no tab'"),
        (b"1\tok\n\n\tno id\n", "topics.tsv:3: "),
        (b"1\t  \n", "topics.tsv:1: "),
        (json.dumps({"id": 1}).encode(), "topics.tsv:1: "),
        (b"1\t\xff\n", "topics.tsv: not UTF-8"),
    ],
)
def test_bad_topics_are_named(tmp_path: Path, content: bytes, fragment: str) -> None:
    file = tmp_path / "topics.tsv"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        list(read_topics(file))
    assert fragment in str(caught.value)


def test_topics_that_cannot_be_opened_are_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"nowhere\.tsv: cannot be read \(No such file or directory\)"):
        list(read_topics(tmp_path / "nowhere.tsv"))
    with pytest.raises(MissingInput, match=r"cannot be read \(Is a directory\)"):
        list(read_topics(tmp_path))
