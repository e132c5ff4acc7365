"""Stock Pyserini, as a user runs it, with indexes and encoder folders of ours.

Importing Pyserini takes many seconds, so most commands run one after the other in one process (`DRIVER`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from pyserini_xqg import AugmentationSettings, EncoderSettings, XqgIndexBuilder, XqgQueryEncoder
from pyserini_xqg.indexing import IndexSettings
from pyserini_xqg.plugin.encoder_folder import write_encoder
from pyserini_xqg.plugin.records import write_records
from tests.conftest import Run, sentence, write_lines

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
ALPHA = 0.05
TOPICS = {f"q{number}": sentence(500 + number, 3 + number) for number in range(7)}
# Stock Pyserini takes each of these for a model of its own, in one place or another.
MISLEADING = "finance-clip-dse-dpr-sentence"
PICKLE = "embedding.pkl"
HYBRID = 0.3

DRIVER = """
import json, runpy, sys, traceback
written, outcomes = sys.argv[1], {}
for name, (module, *arguments) in json.load(sys.stdin).items():
    sys.argv = [module, *arguments]
    try:
        if module.endswith(".py"):
            runpy.run_path(module, run_name="__main__")
        else:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        outcomes[name] = "done"
    except SystemExit as error:
        outcomes[name] = f"exit {error.code}"
    except BaseException:
        outcomes[name] = traceback.format_exc()
with open(written, "w") as handle:
    json.dump(outcomes, handle)
"""

CLASSES = """
import json, sys
from pathlib import Path
from pyserini.encode import AutoQueryEncoder, document_encoder_class_map, query_encoder_class_map
from pyserini.encode.__main__ import init_encoder
from pyserini.search.faiss import FaissSearcher
from pyserini.search.faiss.__main__ import init_query_encoder

index, model, folder, topics = sys.argv[1], sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4])


def opened(key, target, encoder_class=None):
    place = folder / f"an-{key}-model"
    place.mkdir(exist_ok=True)
    link = place / "it"
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    return {
        "document": init_encoder(str(link), encoder_class, "cpu", "mean", False, None, False, False),
        "query": init_query_encoder(str(link), encoder_class, None, "topics", None, "cpu", 64, "mean", False, None),
    }


def name(thing):
    return f"{type(thing).__module__}.{type(thing).__name__}"


class Mine(AutoQueryEncoder):
    def __init__(self, encoder_dir):
        self.folder = encoder_dir


keys = sorted({*document_encoder_class_map, *query_encoder_class_map})
searcher, on_disk = FaissSearcher(index, index), FaissSearcher(sys.argv[6], index)
found = {
    "keys": keys,
    "ours": {key: {side: name(it) for side, it in opened(key, index).items()} for key in keys},
    "theirs": {side: name(it) for side, it in opened("xqg", model).items()},
    "theirs_by_class": {side: name(it) for side, it in opened("plain", model, "xqg").items()},
    "path": name(AutoQueryEncoder(Path(index), device="cpu")),
    "subclass": name(Mine(index)),
    "searcher": name(searcher.query_encoder),
    "mapped": str(Path(index, "index")) in Path("/proc/self/maps").read_text(),
    "search": {topic: [(hit.docid, float(hit.score)) for hit in searcher.search(text, k=100)]
               for topic, text in topics.items()},
    "on_disk": {topic: [(hit.docid, float(hit.score)) for hit in on_disk.search(text, k=100)]
                for topic, text in topics.items()},
    "batch_search": {
        topic: [(hit.docid, float(hit.score)) for hit in hits]
        for topic, hits in searcher.batch_search(list(topics.values()), list(topics), k=100).items()
    },
}
Path(sys.argv[5]).write_text(json.dumps(found))
"""

Ranking = list[tuple[str, float]]


@dataclass(frozen=True)
class Built:
    """An index and what it was built from."""

    folder: Path
    model: Path
    corpus: Path
    queries: Path
    index: Path
    misleading: Path
    topics: Path
    ids: list[str]
    rows: Any
    query_vectors: Any

    def ranking(self, vectors: Any) -> dict[str, Ranking]:
        scores = vectors @ self.rows.T
        best = np.argsort(-scores, axis=1, kind="stable")
        return {
            topic: [(self.ids[row], float(scores[number, row])) for row in best[number]]
            for number, topic in enumerate(TOPICS)
        }

    def top(self, depth: int) -> list[Any]:
        return [self.rows[np.argsort(-scores)[:depth]] for scores in self.query_vectors @ self.rows.T]

    def search(self, output: str, *options: object) -> list[str]:
        files = ["--index", self.index, "--topics", self.topics, "--output", self.folder / output]
        return [str(argument) for argument in (*files, "--hits", 100, *options)]


@pytest.fixture(scope="module")
def built(tiny_sentence_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("stock")
    passages = [
        {"id": f"d{number}", "text": sentence(number, 3 + (number * 5) % 17)}
        | ({"title": sentence(number + 50, 2)} if number % 3 == 0 else {})
        for number in range(23)
    ]
    corpus = write_lines(folder / "corpus.jsonl", passages)
    generated = [
        {
            "id": f"d{number}",
            "queries": {
                "fi": [sentence(100 + number + k, 4) for k in range(number % 3)],
                "ru": [sentence(200 + number, 3)],
            },
        }
        for number in reversed(range(20))
    ]
    queries = write_lines(folder / "queries.jsonl", generated)
    index = folder / "idx"
    builder = XqgIndexBuilder(EncoderSettings(str(tiny_sentence_model)), AugmentationSettings(ALPHA), device="cpu")
    builder.build(corpus, queries, index)
    builder.index = IndexSettings("IVF2,Flat", nprobe=2, max_memory="64G")
    builder.build(corpus, queries, folder / "made")
    (folder / "made").rename(folder / "on-disk")
    misleading = folder / MISLEADING / "idx"
    shutil.copytree(index, misleading)
    topics = folder / "topics.tsv"
    topics.write_text("".join(f"{topic}\t{text}\n" for topic, text in TOPICS.items()), encoding="utf-8")
    flat = faiss.read_index(str(index / "index"))
    return Built(
        folder=folder,
        model=tiny_sentence_model,
        corpus=corpus,
        queries=queries,
        index=index,
        misleading=misleading,
        topics=topics,
        ids=(index / "docid").read_text().split(),
        rows=flat.reconstruct_n(0, flat.ntotal),
        query_vectors=XqgQueryEncoder(str(index), device="cpu").encode_batch(list(TOPICS.values())),
    )


@pytest.fixture(scope="module")
def outcomes(built: Built, tiny_model: Path) -> dict[str, str]:
    """How each of the commands ended that share one process; what they wrote is in the folder of `built`."""
    folder = built.folder
    write_records(built.corpus, built.queries, folder / "records" / "records.jsonl")
    write_encoder(EncoderSettings(str(built.model)), AugmentationSettings(ALPHA), folder / "encoder", device="cpu")
    (folder / "classes.py").write_text(CLASSES, encoding="utf-8")
    (folder / "links").mkdir()
    texts = [json.loads(line) for line in built.corpus.read_text(encoding="utf-8").splitlines()]
    (folder / "lucene-corpus").mkdir()
    contents = [{"id": text["id"], "contents": text["text"]} for text in texts]
    write_lines(folder / "lucene-corpus" / "docs.jsonl", contents)
    (folder / "encoded").mkdir()
    shutil.copytree(built.index, folder / "holds-both")
    shutil.copytree(built.index, folder / "orphan")
    manifest = json.loads((folder / "orphan" / "xqg.json").read_text(encoding="utf-8"))
    manifest["settings"]["encoder"]["model"] |= {"path": "/nowhere/model", "relative": "nowhere/model"}
    (folder / "orphan" / "xqg.json").write_text(json.dumps(manifest), encoding="utf-8")
    shutil.copytree(folder / "encoder", folder / MISLEADING / "encoder")

    search, query = "pyserini.search.faiss", "pyserini.encode.query"
    fields, titled = ["--fields", "text", "query"], ["--fields", "title", "text", "query"]
    encode = ["pyserini.encode", "input", "--corpus", folder / "records"]
    small = ["--dimension", 32, "--device", "cpu", "--batch-size", 5]
    by_path = ["--encoder", built.misleading]
    ours = ["--encoder-class", "xqg", "--encoder", built.index]
    topics = ["--topics", built.topics]
    lucene = ["--index", folder / "lucene"]
    prf = ["--prf-depth", 3, "--prf-method"]
    commands: dict[str, list[Any]] = {
        "by-path": [search, *built.search("by-path.run", *by_path)],
        "auto": [search, *built.search("auto.run", "--encoder-class", "auto", "--encoder", built.index)],
        "batch": [search, *built.search("batch.run", *ours, "--batch-size", 4, "--threads", 2)],
        "avg": [search, *built.search("avg.run", *ours, *prf, "avg")],
        "avg-batch": [search, *built.search("avg-batch.run", *ours, *prf, "avg", "--batch-size", 4)],
        "rocchio": [search, *built.search("rocchio.run", *ours, *prf, "rocchio")],
        "prefix": [search, *built.search("prefix.run", *ours, "--query-prefix", "joki ")],
        "prefix-by-path": [search, *built.search("prefix-by-path.run", *by_path, "--query-prefix", "joki ")],
        "query": [query, *topics, "--encoder", built.index, "--output", folder / "encoded" / PICKLE],
        "query-by-path": [query, *topics, *by_path, "--output", folder / "holds-both" / PICKLE],
        "encoded": [search, *built.search("encoded.run", "--encoded-queries", folder / "encoded")],
        "encoded-beside": [search, *built.search("encoded-beside.run", "--encoded-queries", folder / "holds-both")],
        "orphan": ["pyserini_xqg", "search.faiss", *built.search("orphan.run", "--encoder", folder / "orphan")],
        "encode": [
            *(*encode, *titled, "output", "--embeddings", folder / "encode", "--to-faiss"),
            *("encoder", "--encoder", folder / "encoder", "--encoder-class", "xqg", *titled, *small),
        ],
        "encode-by-path": [
            *(*encode, *fields, "output", "--embeddings", folder / "encode-by-path", "--to-faiss"),
            *("encoder", "--encoder", folder / MISLEADING / "encoder", *fields, *small),
        ],
        "index.lucene": [
            *("pyserini.index.lucene", "--collection", "JsonCollection", "--input", folder / "lucene-corpus", *lucene),
            *("--generator", "DefaultLuceneDocumentGenerator", "--threads", 1),
        ],
        "bm25": ["pyserini.search.lucene", *lucene, *topics, "--output", folder / "bm25.run", "--hits", 100, "--bm25"],
        "fusion": [
            *("pyserini.fusion", "--runs", folder / "batch.run", folder / "bm25.run"),
            *("--output", folder / "fusion.run"),
        ],
        "hybrid": [
            *("pyserini.search.hybrid", "dense", "--index", built.index, *ours, "sparse", *lucene),
            *("fusion", "--alpha", HYBRID, "run", *topics, "--output", folder / "hybrid.run", "--hits", 100),
        ],
    }
    arguments = [
        built.index,
        tiny_model,
        folder / "links",
        json.dumps(TOPICS),
        folder / "classes.json",
        folder / "on-disk",
    ]
    commands["classes"] = [folder / "classes.py", *arguments]
    driver = subprocess.run(
        [sys.executable, "-c", DRIVER, folder / "outcomes.json"],
        input=json.dumps({name: [str(part) for part in command] for name, command in commands.items()}),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        cwd=folder,
    )
    assert driver.returncode == 0, driver.stderr
    (folder / "driver.stderr").write_text(driver.stderr, encoding="utf-8")
    ended: dict[str, str] = json.loads((folder / "outcomes.json").read_text(encoding="utf-8"))
    return ended


def read_run(file: Path) -> dict[str, Ranking]:
    run: dict[str, Ranking] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        topic, _, docid, rank, score, _ = line.split()
        run.setdefault(topic, []).append((docid, float(score)))
        assert int(rank) == len(run[topic])
    return run


def assert_same_run(found: dict[str, Ranking], expected: dict[str, Ranking], tolerance: float = 1e-4) -> None:
    assert list(found) == list(expected)
    for topic, ranking in expected.items():
        assert [docid for docid, _ in found[topic]] == [docid for docid, _ in ranking], topic
        np.testing.assert_allclose(
            [score for _, score in found[topic]], [score for _, score in ranking], rtol=0, atol=tolerance
        )


def rows_of(folder: Path) -> tuple[list[str], Any]:
    index = faiss.read_index(str(folder / "index"))
    return (folder / "docid").read_text().split(), index.reconstruct_n(0, index.ntotal)


def test_search_finds_what_inner_products_with_the_rows_give(built: Built, run_python: Run) -> None:
    options = built.search("plain.run", "--encoder-class", "xqg", "--encoder", built.index)
    result = run_python("-m", "pyserini.search.faiss", *options)
    assert "stands aside" not in result.stderr
    assert_same_run(read_run(built.folder / "plain.run"), built.ranking(built.query_vectors))


@pytest.mark.parametrize("name", ["by-path", "auto", "batch", "encoded", "encoded-beside"])
def test_search_in_other_ways_gives_the_same_run(built: Built, outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == "done"
    assert_same_run(read_run(built.folder / f"{name}.run"), built.ranking(built.query_vectors))


@pytest.mark.parametrize("name", ["avg", "avg-batch", "rocchio"])
def test_feedback_from_the_best_three_rows(built: Built, outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == "done"
    if name == "rocchio":
        pairs = zip(built.query_vectors, built.top(3), strict=True)
        vectors = np.stack([0.9 * query + 0.1 * best.mean(axis=0) for query, best in pairs])
    else:
        pairs = zip(built.query_vectors, built.top(3), strict=True)
        vectors = np.stack([np.vstack([query, best]).mean(axis=0) for query, best in pairs])
    assert_same_run(read_run(built.folder / f"{name}.run"), built.ranking(vectors))


@pytest.mark.parametrize("name", ["prefix", "prefix-by-path"])
def test_query_prefix_replaces_that_of_the_model(built: Built, outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == "done"
    encoder = XqgQueryEncoder(str(built.index), device="cpu", prefix="joki ")
    vectors = encoder.encode_batch(list(TOPICS.values()))
    assert not np.allclose(vectors, built.query_vectors, atol=1e-3)
    assert_same_run(read_run(built.folder / f"{name}.run"), built.ranking(vectors))


@pytest.mark.parametrize(("name", "folder"), [("query", "encoded"), ("query-by-path", "holds-both")])
def test_encode_query_writes_the_vectors(built: Built, outcomes: dict[str, str], name: str, folder: str) -> None:
    import pandas as pd

    assert outcomes[name] == "done"
    frame = pd.read_pickle(built.folder / folder / PICKLE)
    assert list(frame["id"]) == list(TOPICS)
    assert list(frame["text"]) == list(TOPICS.values())
    np.testing.assert_allclose(np.stack(frame["embedding"].tolist()), built.query_vectors, rtol=0, atol=1e-5)


def test_hybrid_search_adds_weighted_bm25_scores(built: Built, outcomes: dict[str, str]) -> None:
    assert (outcomes["index.lucene"], outcomes["bm25"], outcomes["hybrid"]) == ("done", "done", "done")
    sparse = {topic: dict(ranking) for topic, ranking in read_run(built.folder / "bm25.run").items()}
    assert set(sparse) == set(TOPICS)
    expected = {
        topic: {
            docid: score + HYBRID * sparse[topic].get(docid, min(sparse[topic].values())) for docid, score in ranking
        }
        for topic, ranking in built.ranking(built.query_vectors).items()
    }
    for topic, ranking in read_run(built.folder / "hybrid.run").items():
        assert dict(ranking) == pytest.approx(expected.pop(topic), abs=1e-4)
    assert not expected


def test_fusion_takes_a_run_of_ours(built: Built, outcomes: dict[str, str]) -> None:
    assert outcomes["fusion"] == "done"
    runs = [read_run(built.folder / name) for name in ("batch.run", "bm25.run")]
    for topic, ranking in read_run(built.folder / "fusion.run").items():
        expected: dict[str, float] = {}
        for run in runs:
            for rank, (docid, _) in enumerate(run[topic], start=1):
                expected[docid] = expected.get(docid, 0.0) + 1 / (60 + rank)
        assert dict(ranking) == pytest.approx(expected, abs=1e-5)


def test_encode_makes_the_rows_of_the_index(built: Built, outcomes: dict[str, str]) -> None:
    assert outcomes["encode"] == "done"
    ids, rows = rows_of(built.folder / "encode")
    assert ids == built.ids
    np.testing.assert_allclose(rows, built.rows, rtol=0, atol=1e-5)


def test_encode_by_path_makes_the_rows_of_an_index_without_titles(built: Built, outcomes: dict[str, str]) -> None:
    assert outcomes["encode-by-path"] == "done"
    texts = [json.loads(line) for line in built.corpus.read_text(encoding="utf-8").splitlines()]
    corpus = write_lines(built.folder / "untitled.jsonl", [{"id": text["id"], "text": text["text"]} for text in texts])
    builder = XqgIndexBuilder(EncoderSettings(str(built.model)), AugmentationSettings(ALPHA), device="cpu")
    builder.build(corpus, built.queries, built.folder / "untitled")
    expected_ids, expected = rows_of(built.folder / "untitled")
    assert np.abs(expected - built.rows).max() > 1e-3
    ids, rows = rows_of(built.folder / "encode-by-path")
    assert ids == expected_ids
    np.testing.assert_allclose(rows, expected, rtol=0, atol=1e-5)


def test_missing_model_ends_in_a_message(built: Built, outcomes: dict[str, str]) -> None:
    assert outcomes["orphan"] == "exit 5"
    assert "xqg: " in (said := (built.folder / "driver.stderr").read_text(encoding="utf-8"))
    assert "/nowhere/model" in said
    assert "stands aside" not in said


OURS = {
    "document": "pyserini_xqg.plugin.encoders.XqgDocumentEncoder",
    "query": "pyserini_xqg.plugin.encoders.XqgQueryEncoder",
}


@pytest.fixture(scope="module")
def classes(built: Built, outcomes: dict[str, str]) -> dict[str, Any]:
    """What Pyserini's own functions open, and what a searcher made in Python finds."""
    assert outcomes["classes"] == "done"
    found: dict[str, Any] = json.loads((built.folder / "classes.json").read_text(encoding="utf-8"))
    return found


def test_every_key_in_a_path_opens_ours_where_the_folder_is_ours(classes: dict[str, Any]) -> None:
    assert {"ance", "auto", "clip", "dpr", "dse", "mmeb", "openai-api", "sentence", "uniir"} <= set(classes["keys"])
    assert classes["ours"] == dict.fromkeys(classes["keys"], OURS)


def test_our_key_in_a_path_says_nothing(classes: dict[str, Any]) -> None:
    assert "xqg" not in classes["keys"]
    assert classes["theirs"] == {
        "document": "pyserini.encode._auto.AutoDocumentEncoder",
        "query": "pyserini.encode._auto.AutoQueryEncoder",
    }


def test_our_key_as_the_class_opens_any_model(classes: dict[str, Any]) -> None:
    assert classes["theirs_by_class"] == OURS


def test_only_stock_encoders_of_models_are_replaced(classes: dict[str, Any]) -> None:
    assert classes["path"] == OURS["query"]
    assert classes["subclass"] == "__main__.Mine"


def test_searcher_takes_the_folder_as_its_encoder(built: Built, classes: dict[str, Any]) -> None:
    assert classes["searcher"] == OURS["query"]
    assert classes["mapped"]
    expected = built.ranking(built.query_vectors)
    for way in ("search", "batch_search", "on_disk"):
        assert_same_run({topic: [(i, s) for i, s in ranking] for topic, ranking in classes[way].items()}, expected)


def test_without_site_packages_the_module_registers_the_plugin(built: Built, run_python: Run) -> None:
    places = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    assert (
        "False"
        in run_python(*("-S", "-c", "import pyserini_xqg.plugin as p; print(p.installed())"), PYTHONPATH=places).stdout
    )
    options = built.search("site.run", "--encoder-class", "xqg", "--encoder", built.index)
    run_python("-S", "-m", "pyserini_xqg", "search.faiss", *options, PYTHONPATH=places)
    assert_same_run(read_run(built.folder / "site.run"), built.ranking(built.query_vectors))


@pytest.mark.parametrize("name", ["nosuch.module", "pyserini.eval", "pyserini..encode"])
def test_unknown_command_ends_in_a_message(name: str, run_python: Run) -> None:
    result = run_python("-m", "pyserini_xqg", name, "--index", "x", check=False)
    assert result.returncode == 2
    assert f"no Pyserini command pyserini.{name.removeprefix('pyserini.')}" in result.stderr
    assert "Traceback" not in result.stderr


def test_command_without_pyserini_ends_in_a_message(run_python: Run) -> None:
    result = run_python("-S", "-m", "pyserini_xqg", "search.faiss", check=False, PYTHONPATH=str(ROOT))
    assert result.returncode == 3
    assert "Pyserini is not installed" in result.stderr
    assert "Traceback" not in result.stderr


def test_broken_pyserini_is_not_taken_for_an_unknown_command(run_python: Run, tmp_path: Path) -> None:
    package = tmp_path / "pyserini" / "search"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import nosuch_dependency\n", encoding="utf-8")
    places = os.pathsep.join([str(tmp_path), str(ROOT)])
    result = run_python("-S", "-m", "pyserini_xqg", "search.faiss", check=False, PYTHONPATH=places)
    assert "No module named 'nosuch_dependency'" in result.stderr
    assert "no Pyserini command" not in result.stderr
