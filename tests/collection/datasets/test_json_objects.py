from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.datasets.json_objects import first_object, json_objects
from pyserini_xqg.errors import InvalidInput
from tests.collection.datasets.test_dpr import DPR


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
