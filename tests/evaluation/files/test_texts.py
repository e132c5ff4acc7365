from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.files.texts import read_texts
from tests.conftest import write_lines


def test_only_texts_of_passages_in_the_run_are_kept_and_without_titles(tmp_path: Path) -> None:
    records = [{"id": f"d{n}", "title": f"Title {n}", "text": f" text {n} "} for n in range(5)]
    file = write_lines(tmp_path / "corpus.jsonl", [*records, {"docid": "last", "contents": "x"}])
    texts = read_texts(file, {"q": ["d3", "last"], "r": ["d1", "d3"]})
    assert texts == {"d1": "text 1", "d3": "text 3", "last": "x"}


def test_a_folder_is_read_until_all_are_found(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [{"id": "d1", "text": "one"}])
    write_lines(tmp_path / "b.jsonl", [{"id": "d2", "text": "two"}, {"id": "d1", "text": "another"}])
    (tmp_path / "c.jsonl").write_text("no JSON", encoding="utf-8")
    assert read_texts(tmp_path, {"q": ["d2", "d1"]}) == {"d1": "one", "d2": "two"}
    with pytest.raises(InvalidInput, match=r"c\.jsonl:1"):
        read_texts(tmp_path, {"q": ["d3"]})


def test_passages_that_the_corpus_does_not_have_are_named(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "corpus.jsonl", [{"id": "d1", "text": "one"}])
    with pytest.raises(InvalidInput) as caught:
        read_texts(file, {"q": ["x9", "d1", "x2"], "r": ["x2", "x7", "x1"]})
    assert str(caught.value) == (
        f"{file}: 4 of the run's 5 passages are not in it, x9, x2, x7 among them; the corpus that the index was built "
        "from is expected"
    )
