"""mteb scores our indexes: the figures are those of a search by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from tests.conftest import sentence

mteb = pytest.importorskip("mteb", reason="the extra mteb is not installed; it is none of dev, for it brings polars")

LANGUAGES = ("fi", "ru")


def make_task(corpus: Path) -> Any:
    """A task of two subsets with the same corpus, as a class of mteb; its data is put into it."""
    from mteb.abstasks.retrieval import AbsTaskRetrieval
    from mteb.abstasks.task_metadata import TaskMetadata

    class Small(AbsTaskRetrieval):
        metadata = TaskMetadata(
            name="SmallMadeUp",
            description="Made-up sentences.",
            dataset={"path": "made/up", "revision": "1"},
            type="Retrieval",
            category="t2t",
            modalities=["text"],
            eval_splits=["test"],
            eval_langs={"fi": ["fin-Latn", "eng-Latn"], "ru": ["rus-Cyrl", "eng-Latn"]},
            main_score="ndcg_at_10",
            reference=None,
            date=None,
            domains=None,
            task_subtypes=None,
            license=None,
            annotations_creators=None,
            dialect=None,
            sample_creation=None,
            bibtex_citation=None,
        )

        def load_data(self, num_proc: int | None = None, **_: Any) -> None:
            records = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
            passages = {each["id"]: {"title": each.get("title", ""), "text": each["text"]} for each in records}
            self.corpus = {subset: {"test": passages} for subset in LANGUAGES}
            self.queries = {
                subset: {"test": {f"{subset}{n}": sentence(n, 5 - place) for n in range(12)}}
                for place, subset in enumerate(LANGUAGES)
            }
            self.relevant_docs = {
                subset: {"test": {f"{subset}{n}": {f"d{n}": 1} for n in range(12)}} for subset in LANGUAGES
            }
            self.data_loaded = True

    return Small()


@pytest.fixture
def index(corpus: Path, queries: Path, tiny_model: Path, tmp_path: Path) -> Path:
    settings = AugmentationSettings(alpha=0.3, aggregate="mean")
    XqgIndexBuilder(str(tiny_model), settings, device="cpu").build(corpus, queries, tmp_path / "index")
    return tmp_path / "index"


def test_mteb_scores_an_index_as_it_is_searched_by_hand(corpus: Path, index: Path, tmp_path: Path) -> None:
    import faiss

    from pyserini_xqg.mteb import XqgRetriever

    retriever = XqgRetriever(index, "made/up", device="cpu")
    results = mteb.evaluate(retriever, make_task(corpus), cache=None)
    found = {each["hf_subset"]: each for each in results.task_results[0].scores["test"]}
    encoder = TextEncoder(read_encoder(str(index), "query"), "cpu", "query")
    ids = (index / "docid").read_text().split()
    for place, subset in enumerate(LANGUAGES):
        asked = [sentence(number, 5 - place) for number in range(12)]
        _, rows = faiss.read_index(str(index / "index")).search(encoder.encode(asked, "query"), 10)
        right = np.array([[ids[row] == f"d{number}" for row in best] for number, best in enumerate(rows)])
        assert 0 < right.any(axis=1).mean() < 1
        assert found[subset]["recall_at_1"] == pytest.approx(right[:, 0].mean(), abs=1e-5)
        assert found[subset]["recall_at_10"] == pytest.approx(right.any(axis=1).mean(), abs=1e-5)
    assert retriever.mteb_model_meta.name == "made/up" and len(retriever.mteb_model_meta.revision) == 16


def test_the_corpus_of_a_task_is_what_an_index_is_built_of(corpus: Path, tiny_model: Path, tmp_path: Path) -> None:
    from pyserini_xqg.mteb import XqgRetriever, write_task_corpus

    task = make_task(corpus)
    made = write_task_corpus(task, tmp_path / "task")
    assert {*made} == {*LANGUAGES}
    first = [json.loads(line) for line in made["fi"].read_text(encoding="utf-8").splitlines()]
    there = [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]
    assert [(each["id"], each.get("title", ""), each["text"]) for each in first] == [
        (each["id"], each.get("title", ""), each["text"]) for each in there
    ]
    with pytest.raises(InvalidInput, match="no split 'dev'; there are test"):
        write_task_corpus(task, tmp_path / "task", split="dev")
    made["fi"].write_text("".join(made["fi"].read_text().splitlines(keepends=True)[:-1]), encoding="utf-8")
    XqgIndexBuilder(str(tiny_model), AugmentationSettings(alpha=0), device="cpu").build(
        made["fi"], None, tmp_path / "less"
    )
    corpora = task.dataset["fi"]["test"]["corpus"]
    with pytest.raises(InvalidInput, match="its 22 passages are not the 23 of mteb's corpus"):
        XqgRetriever(tmp_path / "less", "made/up").index(corpora, hf_subset="fi")
    with pytest.raises(UsageError, match="no index of the subset 'ru'; there are those of fi"):
        XqgRetriever({"fi": tmp_path / "less"}, "made/up").index(corpora, hf_subset="ru")
    with pytest.raises(MissingInput):
        XqgRetriever(tmp_path / "nowhere", "made/up")
