from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.datasets.records import first_object, json_objects
from pyserini_xqg.collection.datasets.tevatron import read_tevatron
from pyserini_xqg.errors import InvalidInput
from tests.collection.datasets.test_dpr import DPR
from tests.conftest import write_lines


def test_an_item_of_an_array_is_named(tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    file.write_text(json.dumps([DPR, DPR | {"question": None}]), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"d.json:2: question"):
        read_examples(file)


def test_the_first_object_is_a_line_an_item_or_the_file_itself(tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    for text in ('{"a": 1}\n{"a": 2}\n', '[{"a": 1}, {"a": 2}]', '\ufeff{\n  "a": 1\n}\n'):
        file.write_text(text, encoding="utf-8")
        assert first_object(file).value == {"a": 1}
    file.write_text('{"a": 1,\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"d\.json:1: malformed JSON at column 9"):
        first_object(file)
    file.write_text('[{"a": 1}, 2]', encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"d\.json:2: a JSON object is expected, found int"):
        list(json_objects(file))
    file.write_text('[{"a": 1},', encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"d\.json: a JSON array that cannot be read"):
        first_object(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"query_id": None}, "query_id is None"),
        ({"query": 3}, "query is a JSON int"),
        ({"query": None}, "query is missing or null"),
        ({"positive_passages": {}}, "positive_passages is a JSON dict"),
        ({"positive_passages": ["p"]}, "passage 1 of positive_passages"),
        ({"negative_passages": [{"text": "a"}, {"text": None}]}, "passage 2 of negative_passages"),
        ({"positive_passages": [{"text": "a", "title": 1}]}, "the title of passage 1"),
        ({"language": "Klingonish"}, "Klingonish"),
        ({"answers": [1]}, "answers"),
    ],
)
def test_a_wrong_line_is_named(change: dict[str, object], said: str, tmp_path: Path) -> None:
    good = {"query_id": "1", "query": "q", "positive_passages": [{"text": "p"}]}
    file = write_lines(tmp_path / "t.jsonl", [good, good | change])
    with pytest.raises(InvalidInput, match=r"t\.jsonl:2: ") as error:
        list(read_tevatron(file))
    assert said in str(error.value)
