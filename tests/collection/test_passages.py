from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.collection.passages import Passage, parse_passage, passage_id
from pyserini_xqg.errors import InvalidInput
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
