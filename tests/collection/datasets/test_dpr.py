from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.formats import detect_format, read_examples

DPR = {
    "question": "who",
    "answers": ["x"],
    "positive_ctxs": [{"title": "t", "text": "p", "passage_id": 12}],
    "hard_negative_ctxs": [{"title": "", "text": "h", "psg_id": "13"}],
    "negative_ctxs": [{"title": "", "text": "random"}],
}


@pytest.mark.parametrize("form", ["array", "lines", "gzip"])
def test_dpr_as_array_and_as_lines(form: str, tmp_path: Path) -> None:
    file = tmp_path / ("d.json.gz" if form == "gzip" else "d.json")
    text = json.dumps([DPR, DPR], indent=1) if form != "lines" else 2 * (json.dumps(DPR) + "\n")
    file.write_bytes(gzip.compress(text.encode()) if form == "gzip" else text.encode())
    assert detect_format(file) == "dpr"
    first, second = read_examples(file, language="en")
    assert (first.question, first.answers, first.language) == ("who", ("x",), "en")
    assert [(each.id, each.title, each.text) for each in first.positives] == [("12", "t", "p")]
    assert [(each.id, each.text) for each in first.negatives] == [("13", "h")]  # the random one is not there
    assert first.id != second.id
    assert first.positives[0] is second.positives[0]  # once in memory
