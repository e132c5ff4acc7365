from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.retrieval_set import write_corpus, write_topics
from pyserini_xqg.demo.collections import bundled
from pyserini_xqg.demo.demo import _pyserini, _python
from pyserini_xqg.demo.search import HITS
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin import ENCODER_CLASS


@pytest.mark.slow
def test_it_finds_what_the_stock_command_finds(tiny_sentence_model: Path, tmp_path: Path) -> None:
    collection = bundled()
    write_corpus(collection.passages, tmp_path / "corpus.jsonl")
    topics = {language: tmp_path / f"{language}.tsv" for language in ("fi", "sw")}
    for language, file in topics.items():
        write_topics(collection.questions[language], file)
    index = tmp_path / "index"
    XqgIndexBuilder(tiny_sentence_model, AugmentationSettings(alpha=0)).build(tmp_path / "corpus.jsonl", None, index)
    runs = {str(tmp_path / "run.txt"): [(str(index), str(file)) for file in topics.values()]}
    _python("pyserini_xqg.demo.search", given={"encoder": str(index), "runs": runs})
    whole = tmp_path / "all.tsv"
    whole.write_text("".join(file.read_text("utf-8") for file in topics.values()), encoding="utf-8")
    place = ["--index", index, "--encoder-class", ENCODER_CLASS, "--encoder", index, "--topics", whole]
    _pyserini("search.faiss", *place, "--output", tmp_path / "stock.txt", "--hits", HITS, "--batch-size", 32)
    ours, stock = (
        # The stock command takes the questions in the order of their ids.
        sorted((line.split() for line in (tmp_path / name).read_text("utf-8").splitlines()), key=place_in_run)
        for name in ("run.txt", "stock.txt")
    )
    assert len(ours) == 240 * HITS and [len(line) for line in ours] == [6] * len(ours)
    for one, other in zip(ours, stock, strict=True):
        # Other batches round otherwise, and can exchange passages that score the same.
        assert [one[0], one[3], one[5]] == [other[0], other[3], other[5]]
        assert float(one[4]) == pytest.approx(float(other[4]), abs=1e-5)
    assert sum(one[2] == other[2] for one, other in zip(ours, stock, strict=True)) > 0.95 * len(ours)


def place_in_run(line: list[str]) -> tuple[str, int]:
    return line[0], int(line[3])
