"""A trained folder in the hands of stock Pyserini, and of ``xqg index``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.retriever.training import train_retriever
from tests.conftest import call, write_lines
from tests.fixtures.processes import run_modules
from tests.fixtures.training import line


@pytest.mark.slow
def test_a_trained_folder_is_searched_by_stock_pyserini(
    settings: Callable[..., Any], train_file: Path, tmp_path: Path
) -> None:
    model, index, run = tmp_path / "model", tmp_path / "index", tmp_path / "run.txt"
    ours, run_of_ours = tmp_path / "ours", tmp_path / "run-of-ours.txt"
    data = TrainingDataSettings((str(train_file),), (str(train_file),), leaks="allow")
    train_retriever(data, model, settings(epochs=40, batch_size=20), device="cpu")
    examples = [line(number) for number in range(20)]
    passages = [each["positive_passages"][0] for each in examples]
    write_lines(
        tmp_path / "corpus.jsonl", ({"id": p["docid"], "contents": f"{p['title']} {p['text']}"} for p in passages)
    )
    topics = tmp_path / "topics.tsv"
    topics.write_text("".join(f"{each['query_id']}\t{each['query']}\n" for each in examples), encoding="utf-8")
    assert call("index", "--corpus", tmp_path / "corpus.jsonl", "--encoder", model, "--output", ours, "--alpha", 0) == 0
    search = ["pyserini.search.faiss", "--topics", topics, "--device", "cpu", "--hits", 3]
    # fmt: off
    commands = [
        ["pyserini.encode", "input", "--corpus", tmp_path / "corpus.jsonl", "--fields", "text",
         "output", "--embeddings", index, "--to-faiss",
         "encoder", "--encoder", model, "--encoder-class", "auto", "--pooling", "cls", "--dimension", 32,
         "--device", "cpu", "--fields", "text"],
        [*search, "--index", index, "--encoder-class", "auto", "--encoder", model, "--pooling", "cls", "--output", run],
        [*search, "--index", ours, "--encoder-class", "xqg", "--encoder", ours, "--output", run_of_ours],
    ]
    # fmt: on
    run_modules(commands, tmp_path / "printed.txt")
    expected = {each["query_id"]: each["positive_passages"][0]["docid"] for each in examples}
    rankings = []
    for file in (run, run_of_ours):
        rows = [row.split() for row in file.read_text(encoding="utf-8").splitlines()]
        assert {row[0]: row[2] for row in rows if row[3] == "1"} == expected
        rankings.append([(row[0], row[2], round(float(row[4]), 2)) for row in rows])
    assert len(rankings[0]) == 60
    assert rankings[0] == rankings[1]
