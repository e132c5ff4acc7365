"""Two processes that train together, as ``accelerate launch`` starts them."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pyserini_xqg.training.data.batches import Collator, EpochRow
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.retriever.settings import retriever_settings
from pyserini_xqg.training.retriever.training import train_retriever
from tests.conftest import write_lines
from tests.fixtures.processes import start
from tests.fixtures.training import Line, line, parts_done

PROCESSES, KILLED = 2, 9


def entangled(count: int) -> list[Line]:
    """Questions of which two have the same positive, and whose negatives are the positives of others."""
    random = Random(0)
    golds = [line(number)["positive_passages"][0] for number in range(count // 2)]
    return [
        line(number)
        | {
            "positive_passages": [golds[number // 2]],
            "negative_passages": random.sample([gold for gold in golds if gold is not golds[number // 2]], 4),
        }
        for number in range(count)
    ]


def train_and_note(train: str, output: str, base: str, notes: str, kill_after: int | None) -> None:
    """Train, and write down what each batch of this process holds; end at once after so many batches."""
    collate, seen = Collator.__call__, 0

    def noting(self: Collator, rows: Sequence[EpochRow]) -> dict[str, Any]:
        nonlocal seen
        seen += 1
        if kill_after is not None and seen > kill_after:
            os._exit(KILLED)
        with Path(notes).open("a", encoding="utf-8") as file:
            batch = [(row.example.id, [passage.text for passage in row.passages]) for row in rows]
            file.write(json.dumps(batch) + "\n")
        return collate(self, rows)

    Collator.__call__ = noting  # type: ignore[method-assign]
    chosen = {"base": base, "query_max_length": 16, "passage_max_length": 32, "batch_size": 8, "negatives": 2}
    more = {"epochs": 4, "checkpoint_every": 5, "learning_rate": 1e-3, "measures": ("RR@10",)}
    train_retriever(TrainingDataSettings((train,)), Path(output), retriever_settings(chosen, more), device="cpu")


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, output: str, base: Path, kill_after: int | None) -> list[int]:
    """Exit codes of the processes; their notes stand in files of their ranks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = []
    for rank in map(str, range(PROCESSES)):
        named = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": str(PROCESSES)}
        for name, value in (named | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}).items():
            monkeypatch.setenv(name, value)
        notes = tmp_path / f"{output}-{rank}.jsonl"
        given = (str(tmp_path / "train.jsonl"), str(tmp_path / output), str(base), str(notes), kill_after)
        running.append(start(train_and_note, *given, output=tmp_path / f"{output}-{rank}.log"))
    for process in running:
        process.join(300)
        process.kill()
    return [process.exitcode or 0 for process in running]


@pytest.mark.slow
def test_two_processes_share_steps_without_a_false_negative_and_go_on_exactly(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = entangled(22)
    write_lines(tmp_path / "train.jsonl", data)
    assert run(monkeypatch, tmp_path, "whole", tiny_model, None) == [0, 0], (tmp_path / "whole-0.log").read_text()
    positives = {each["query_id"]: {passage["text"] for passage in each["positive_passages"]} for each in data}
    batches = [
        list(map(json.loads, (tmp_path / f"whole-{rank}.jsonl").read_text(encoding="utf-8").splitlines()))
        for rank in range(PROCESSES)
    ]
    assert [len(each) for each in batches] == [12, 12]  # three steps an epoch
    for step in zip(*batches, strict=True):
        assert len({len(batch) for batch in step}) == 1
        rows = list(chain(*step))
        for question, _ in rows:
            for other, passages in rows:
                assert positives[question].isdisjoint(passages[1:] if other == question else passages)
    asked = [{question for batch in each for question, _ in batch} for each in batches]
    assert asked[0] | asked[1] == {*positives}
    # From here on: killed within an epoch, behind a checkpoint that stands within one.
    assert run(monkeypatch, tmp_path, "killed", tiny_model, 8) == [KILLED, KILLED]
    assert parts_done(tmp_path / "killed.partial" / "progress.json") == 5
    assert run(monkeypatch, tmp_path, "killed", tiny_model, None) == [0, 0]
    for name in ("model.safetensors", "loss.tsv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
