from __future__ import annotations

import json
from pathlib import Path

from pyserini_xqg.collection.datasets.examples import TrainingExample, write_examples
from pyserini_xqg.collection.datasets.tevatron import read_tevatron
from pyserini_xqg.collection.passages import Passage
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
