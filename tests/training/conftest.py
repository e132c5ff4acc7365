"""A small set of questions that a tiny model can learn, and a base without dropout."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conftest import WORDS, make_model, write_lines

Line = dict[str, Any]


def words(seed: object, count: int) -> str:
    """Words that the tiny tokenizer knows, others for every seed."""
    return " ".join(Random(f"{seed}").sample(WORDS, count))


def start_and_kill(command: Iterable[object], ready: Callable[[], bool]) -> None:
    """Run a command in a process of its own, and kill it when it has got so far."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pyserini_xqg", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None and not ready():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def parts_done(progress: Path) -> int:
    """How far a run has got that writes its progress there."""
    return int(json.loads(progress.read_text(encoding="utf-8"))["parts_done"]) if progress.exists() else 0


def line(number: int, negatives: int = 2) -> Line:
    """Tevatron's form of a made-up question, Finnish or Russian."""
    return {
        "query_id": f"q{number}",
        "query": words(f"q{number}", 4),
        "positive_passages": [{"docid": f"d{number}", "title": "river", "text": words(f"d{number}", 9)}],
        "negative_passages": [
            {"docid": f"n{number}-{k}", "text": words(f"n{number}-{k}", 9)} for k in range(negatives)
        ],
        "language": "fi" if number % 2 else "ru",
        "answers": [words(f"d{number}", 9).split()[0]],
    }


def dev_line(number: int) -> Line:
    """Another question with the same passage."""
    return line(number) | {"query_id": f"dev{number}", "query": words(f"q{number}", 6)}


@pytest.fixture(scope="session")
def steady_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model without dropout, so that a step does not depend on how it is cut into pieces."""
    folder = make_model(tmp_path_factory.mktemp("models") / "steady-bert")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.fixture
def train_file(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "train.jsonl", map(line, range(20)))


@pytest.fixture
def dev_file(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "dev.jsonl", map(dev_line, range(20)))


@pytest.fixture
def settings(steady_model: Path) -> Callable[..., Any]:
    """Settings for the tiny model; others as given."""
    from pyserini_xqg.training.settings import retriever_settings

    small = {
        "base": str(steady_model),
        "query_max_length": 16,
        "passage_max_length": 32,
        "batch_size": 8,
        "negatives": 2,
        "learning_rate": 1e-3,
        "epochs": 2,
        "measures": ("RR@10",),
    }
    return lambda **given: retriever_settings(small, given)
