from __future__ import annotations

from pathlib import Path

from pyserini_xqg.collection.datasets.formats import detect_format, read_examples
from tests.conftest import write_lines

CONTEXTS = {
    "question": "who",
    "answers": ["x"],
    "ctxs": [
        {"title": "t", "text": "no", "hasanswer": False},
        {"title": "t", "text": "yes", "hasanswer": True},
        {"title": "t", "text": "gold", "hasanswer": True, "isgold": True},
    ],
}


def test_contexts_are_sorted_by_what_they_hold(tmp_path: Path) -> None:
    unmarked = {"question": "q", "ctxs": [{"text": "a", "has_answer": True}, {"text": "b", "has_answer": False}]}
    file = write_lines(tmp_path / "nq.jsonl", [CONTEXTS, unmarked])
    assert detect_format(file) == "nq"
    first, second = read_examples(file)
    assert [each.text for each in first.positives] == ["gold"]
    assert [each.text for each in first.negatives] == ["no"]
    assert [each.text for each in second.positives] == ["a"]
    assert [each.text for each in second.negatives] == ["b"]
