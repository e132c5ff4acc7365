from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.tevatron import read_tevatron
from pyserini_xqg.errors import InvalidInput
from tests.conftest import write_lines


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
