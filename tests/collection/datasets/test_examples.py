from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample, fingerprint_examples, write_examples
from pyserini_xqg.collection.datasets.tevatron import read_tevatron
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from tests.conftest import write_lines

EXAMPLE = TrainingExample(
    "q1", "Missä?", "fi", (Passage("d1", "text", "title"),), (Passage("d2", "other"),), ("a", "b"), "Where?"
)


def test_what_is_written_is_read_again_and_is_tevatrons_format(tmp_path: Path) -> None:
    plain = TrainingExample("q2", "что", "ru", (Passage("d3", "x"),))
    write_examples([EXAMPLE, plain], tmp_path / "t.jsonl")
    assert list(read_tevatron(tmp_path / "t.jsonl")) == [EXAMPLE, plain]
    first, second = map(json.loads, (tmp_path / "t.jsonl").read_text(encoding="utf-8").splitlines())
    assert first == {
        "query_id": "q1",
        "query": "Missä?",
        "positive_passages": [{"docid": "d1", "title": "title", "text": "text"}],
        "negative_passages": [{"docid": "d2", "title": "", "text": "other"}],
        "language": "fi",
        "answers": ["a", "b"],
        "english": "Where?",
    }
    assert "english" not in second


def test_tevatrons_own_lines_need_no_more_than_it_has(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "t.jsonl", [{"query_id": 7, "query": " q ", "positive_passages": [{"text": "p"}]}])
    (found,) = read_tevatron(file, language="en")
    assert (found.id, found.question, found.language, found.negatives) == ("7", "q", "en", ())
    assert found.positives[0].text == "p"
    assert found.positives[0].id  # made from the content


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


def test_the_fingerprint_is_of_all_fields() -> None:
    from dataclasses import replace

    others = [
        replace(EXAMPLE, id="q2"),
        replace(EXAMPLE, question="x"),
        replace(EXAMPLE, language="et"),
        replace(EXAMPLE, negatives=()),
        replace(EXAMPLE, english=None),
    ]
    found = {fingerprint_examples([each]) for each in (EXAMPLE, *others)}
    assert len(found) == 6
    assert fingerprint_examples([EXAMPLE]) == fingerprint_examples([replace(EXAMPLE)])
