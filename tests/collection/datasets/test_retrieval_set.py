from __future__ import annotations

import json
from pathlib import Path

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.datasets.retrieval_set import (
    Question,
    write_corpus,
    write_qrels,
    write_queries,
    write_topics,
)
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.collection.topics import read_topics
from tests.collection.datasets.test_squad import ARABIC, ENGLISH, write


def test_what_was_read_is_written_as_pyserini_reads_it(tmp_path: Path) -> None:
    found = read_squad_folder(write(tmp_path, x_en=ENGLISH, x_ar=ARABIC))
    write_corpus(found.passages, tmp_path / "corpus.jsonl")
    assert [passage for _, passage in Corpus(tmp_path / "corpus.jsonl", 10).scan()] == list(found.passages)
    asked = [*found.questions["ar"], Question("ar-q9", "two\nlines\tand a tab", "p1")]
    write_topics(asked, tmp_path / "topics.tsv")
    assert list(read_topics(tmp_path / "topics.tsv")) == [
        ("ar-q2", "ماذا؟"),
        ("ar-q3", "كم؟"),
        ("ar-q9", "two lines and a tab"),
    ]
    write_qrels(asked, tmp_path / "qrels.txt")
    assert (tmp_path / "qrels.txt").read_text().splitlines() == ["ar-q2 0 p0 1", "ar-q3 0 p1 1", "ar-q9 0 p1 1"]
    write_queries({"p1": {"fi": ["mikä"]}}, tmp_path / "queries.jsonl")
    assert json.loads((tmp_path / "queries.jsonl").read_text()) == {"id": "p1", "queries": {"fi": ["mikä"]}}
