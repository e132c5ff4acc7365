from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.formats import detect_format, read_examples, require_positives
from pyserini_xqg.errors import InvalidInput
from tests.conftest import write_lines


def test_questions_of_xor_tydi_are_read_and_refused_for_a_retriever(tmp_path: Path) -> None:
    record = {"id": "-5", "question": "ما ؟", "answers": ["x"], "lang": " ar", "split": "train"}
    file = write_lines(tmp_path / "xor.jsonl", [record])
    assert detect_format(file) == "xor-tydi"
    found = read_examples(file)
    assert [(each.id, each.language, each.positives) for each in found] == [("-5", "ar", ())]
    with pytest.raises(InvalidInput, match="1 questions and no passage"):
        require_positives(file, found)
