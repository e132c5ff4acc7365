"""BM25 by stock Pyserini, and the retriever against stock Pyserini's search."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg import EncoderSettings, XqgIndexBuilder
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.mining.bi_encoder import BiEncoder
from pyserini_xqg.training.mining.bm25 import bm25_search
from pyserini_xqg.training.mining.dense import DenseIndex
from pyserini_xqg.training.mining.recipes import mine_negatives
from pyserini_xqg.training.mining.settings import MiningInputs
from tests.conftest import write_lines
from tests.fixtures.processes import run_modules

# One word stands in two passages, the other in one; the last two have nothing to do with it, or no text.
TEXTS = {
    "both": "The volcano erupted beside the glacier",
    "one": "A volcano far away from all ice",
    "other": "Penguins walk along the shore for many days and nights",
    "none": "",
}
TITLES = {"other": "Glacier walks"}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    lines = ({"_id": name, "text": text, "title": TITLES.get(name, "")} for name, text in TEXTS.items())
    return write_lines(tmp_path / "corpus.jsonl", lines)


TOPICS = {"1": "missä vuori", "2": "volcano", "3": "где река"}


@dataclass(frozen=True)
class Stock:
    """What stock Pyserini made, in one process, as it takes long to start: a Lucene index, and a run of `dense`."""

    lucene: Path
    dense: Path
    run: Path


@pytest.fixture(scope="module")
def stock(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Stock:
    folder = tmp_path_factory.mktemp("stock")
    made = Stock(folder / "lucene", folder / "dense", folder / "run.txt")
    (folder / "texts").mkdir()
    contents = ({"id": name, "contents": f"{TITLES.get(name, '')} {text}"} for name, text in TEXTS.items() if text)
    texts = write_lines(folder / "texts" / "texts.jsonl", contents)
    XqgIndexBuilder(EncoderSettings(str(tiny_model)), device="cpu").build(texts, None, made.dense)
    topics = folder / "topics.tsv"
    topics.write_text("".join(f"{key}\t{text}\n" for key, text in TOPICS.items()), encoding="utf-8")
    # fmt: off
    commands = [
        ["pyserini.index.lucene", "--collection", "JsonCollection", "--generator", "DefaultLuceneDocumentGenerator",
         "--threads", 1, "--input", folder / "texts", "--index", made.lucene],
        ["pyserini.search.faiss", "--index", made.dense, "--topics", topics, "--encoder-class", "xqg",
         "--encoder", made.dense, "--device", "cpu", "--hits", 3, "--output", made.run],
    ]
    # fmt: on
    run_modules(commands, folder / "printed.txt")
    return made


def asked(tmp_path: Path, **given: Any) -> Path:
    """The gold passage says it in other words and is not in the corpus."""
    gold = {"docid": "gold", "text": "Fire met ice where the mountain stood"}
    line = {"query_id": "q", "query": "missä vuori", "language": "fi", "positive_passages": [gold]}
    return write_lines(tmp_path / "asked.jsonl", [line | {"english": "volcano\tglacier?"} | given])


@pytest.mark.slow
def test_negatives_of_bm25_are_asked_for_in_english(corpus: Path, tmp_path: Path) -> None:
    questions = asked(tmp_path, answers=["far away"])
    own = [{"docid": "g", "text": "x"}]
    more = [
        {"query_id": "q2", "query": "где", "language": "ru", "positive_passages": own},
        {"query_id": "q3", "query": "the shore ice", "language": "en", "positive_passages": own},
        {"query_id": "q4", "query": "nothing else", "language": "en", "positive_passages": own},
    ]
    with questions.open("a", encoding="utf-8") as handle:
        handle.writelines(json.dumps(each) + "\n" for each in more)
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus))
    manifest = mine_negatives(inputs, tmp_path / "out", source="bm25")
    found = {each.id: each for each in read_examples(tmp_path / "out" / "train.jsonl")}
    names = {name: [each.id for each in example.negatives] for name, example in found.items()}
    # "one" holds the first question's answer; the second is not in English; the shorter text comes first.
    assert names == {"q": ["both", "other"], "q2": [], "q3": ["one", "other"], "q4": []}
    assert found["q"].negatives[1].title == "Glacier walks"
    assert [each.id for each in found["q2"].positives] == ["g"]
    assert manifest.counts["not_searched"] == {"no English question": 1}
    assert manifest.counts["passed_over"] == {"has an answer": 1}


def test_what_is_no_lucene_index_is_refused(corpus: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "bm25-left").mkdir(parents=True)  # of a run that was killed
    with pytest.raises(InvalidInput, match="no Lucene index"):
        bm25_search({0: "volcano"}, [], tmp_path, 10, work)
    assert list(work.iterdir()) == []


@pytest.mark.slow
def test_the_retriever_says_which_of_bm25s_are_too_near(
    corpus: Path, stock: Stock, tiny_model: Path, tmp_path: Path
) -> None:
    encoder = TextEncoder(EncoderSettings(str(tiny_model)), "cpu")
    texts = {name: f"{TITLES.get(name, '')} {text}".strip() for name, text in TEXTS.items() if text}
    question = encoder.encode(["missä vuori"], "query")[0]
    scores = dict(zip(texts, (encoder.encode(list(texts.values()), "passage") @ question).tolist(), strict=True))
    middle = sorted(scores, key=lambda name: scores[name])[1]
    # A positive that scores as the middle one: all that score more are too near.
    gold = {"docid": "gold", "text": texts[middle] + "."}
    limit = float(encoder.encode([gold["text"]], "passage")[0] @ question)
    expected = {name for name, score in scores.items() if score <= limit}
    assert 0 < len(expected) < 3
    questions = asked(tmp_path, positive_passages=[gold], english="volcano glacier penguins")
    inputs = MiningInputs(questions=(str(questions),), corpus=str(corpus), index=str(stock.lucene))
    mine_negatives(inputs, tmp_path / "out", str(tiny_model), source="bm25", device="cpu", margin=0.0)
    assert any(stock.lucene.glob("segments_*"))  # it stays
    (example,) = read_examples(tmp_path / "out" / "train.jsonl")
    same = {middle} if middle in expected and not TITLES.get(middle) else set()
    assert {each.id for each in example.negatives} == expected - same


@pytest.mark.slow
def test_the_retriever_finds_what_stock_pyserini_finds(stock: Stock, tiny_model: Path, tmp_path: Path) -> None:
    vectors = BiEncoder(EncoderSettings(str(tiny_model)), "cpu").questions(list(TOPICS.values()))
    found = DenseIndex(stock.dense, tmp_path).search(vectors, 3)
    rows = [line.split() for line in stock.run.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 9
    assert [(row[0], row[2]) for row in rows] == [
        (key, docid) for key, ranking in zip(TOPICS, found, strict=True) for docid, _ in ranking
    ]
    scores = [score for ranking in found for _, score in ranking]
    assert [float(row[4]) for row in rows] == pytest.approx(scores, abs=1e-4)
