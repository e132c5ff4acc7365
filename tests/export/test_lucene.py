"""Indexes of Lucene, built by Anserini's Java and searched by stock Pyserini."""

from __future__ import annotations

import json
import math
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from packaging.version import Version

from pyserini_xqg import XqgIndexBuilder
from pyserini_xqg.errors import XqgError
from pyserini_xqg.export import ExportSettings, export_index
from pyserini_xqg.export.lucene import LuceneIndexer, settle
from tests.conftest import sentence, write_lines
from tests.fixtures.processes import run_modules

pytestmark = pytest.mark.slow
PASSAGES = 150


def run_of(file: Path) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        topic, _, docid, _, score, _ = line.split()
        found.setdefault(topic, []).append((docid, float(score)))
    return found


@pytest.mark.skipif(Version(version("pyserini")) >= Version("2.4"), reason="its Lucene searches ask the network first")
def test_stock_pyserini_finds_in_lucene_what_it_finds_in_faiss(
    stock_index, corpus: Path, tiny_model: Path, tmp_path: Path
) -> None:
    # Lengths of about 6, a third of the vectors twice (ties), and an encoder that the folder names.
    vectors = np.random.default_rng(0).normal(size=(PASSAGES, 32)).astype(np.float32)
    vectors[100:] = vectors[:50]
    index = stock_index(vectors=vectors)
    XqgIndexBuilder(str(tiny_model), device="cpu").build(corpus, None, tmp_path / "ours")
    shutil.copyfile(tmp_path / "ours" / "xqg.json", index / "xqg.json")
    topics = tmp_path / "topics.fi.tsv"
    topics.write_text("".join(f"q{number}\t{sentence(500 + number, 4)}\n" for number in range(6)), encoding="utf-8")
    for form in ("flat", "hnsw"):
        made = export_index(
            index, tmp_path / form, ExportSettings(f"lucene-{form}", [("fi", topics)], part_size=40), device="cpu"
        )
        assert not (tmp_path / form / "vectors").exists()
    scale = made.details["vectors_divided_by"]
    assert np.linalg.norm(vectors, axis=1).max() / scale <= 1 < np.linalg.norm(vectors, axis=1).max()

    common = ("--hits", PASSAGES, "--threads", 1, "--batch-size", 1)
    commands = [
        [
            *("pyserini.search.faiss", "--index", index, "--topics", topics, "--output", tmp_path / "faiss.run"),
            *("--encoded-queries", tmp_path / "flat" / "encoded-queries", *common),
        ]
    ]
    for form, more in (("flat", ()), ("hnsw", ("--ef-search", PASSAGES))):
        given = ("--index", tmp_path / form, "--topics", tmp_path / form / "topics" / "fi.tsv")
        search = ("pyserini.search.lucene", "--dense", f"--{form}", *given, "--output", tmp_path / f"{form}.run")
        commands.append([*search, *more, *common])
    run_modules(commands, tmp_path / "said.txt")

    expected = run_of(tmp_path / "faiss.run")
    assert len(expected) == 6 and all(ranking[-1][1] < -1 for ranking in expected.values())
    for form in ("flat", "hnsw"):
        lines = (tmp_path / form / "topics" / "fi.tsv").read_text(encoding="utf-8").splitlines()
        queries = {topic: np.array(json.loads(vector)) for topic, vector in (line.split("\t") for line in lines)}
        found = run_of(tmp_path / f"{form}.run")
        for topic, ranking in expected.items():
            exact = vectors.astype(np.float64) @ queries[topic]
            divisor = ranking[0][1] / exact.max()
            assert math.log2(divisor) == pytest.approx(round(math.log2(divisor)), abs=1e-5)
            scores = [(2 * score - 1) * scale * divisor for _, score in found[topic]]
            # As far as Lucene's scores, float32 numbers from 0 to 1, tell them apart.
            np.testing.assert_allclose(scores, [score for _, score in ranking], rtol=0, atol=1e-4)
            own = [exact[int(docid[1:])] * divisor for docid, _ in found[topic]]
            np.testing.assert_allclose(scores, own, rtol=0, atol=1e-4)
            assert {docid for docid, _ in found[topic]} == {docid for docid, _ in ranking}


def test_what_anserini_leaves_out_is_an_error_and_nothing_is_left(tmp_path: Path) -> None:
    vectors = tmp_path / "vectors"
    vectors.mkdir()
    good = [{"docid": f"d{number}", "vector": [0.1, 0.2]} for number in range(3)]
    write_lines(vectors / "part-000000.jsonl", [*good[:2], {"id": "d2", "vector": [0.1, 0.2]}])
    (tmp_path / "lucene-before").mkdir()
    with pytest.raises(XqgError, match=r"Anserini has indexed \d of 3 vectors"):
        LuceneIndexer().index("lucene-flat", vectors, tmp_path, 3, None)
    assert not (tmp_path / "lucene").exists() and not (tmp_path / "lucene-before").exists()
    write_lines(vectors / "part-000000.jsonl", good)
    LuceneIndexer().index("lucene-flat", vectors, tmp_path, 3, 1)
    # A stop while it is put in its place.
    next((tmp_path / "lucene").glob("*.vec")).replace(tmp_path / "_0_moved.vec")
    settle(tmp_path, vectors)
    settle(tmp_path, vectors)
    assert (tmp_path / "segments_1").is_file() and not list(tmp_path.glob("lucene*")) and not vectors.exists()
