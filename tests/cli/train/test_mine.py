"""``xqg train mine`` as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import call, write_lines
from tests.fixtures.training import dev_line, line, words


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """The passages of twenty questions and forty others."""
    passages = [
        {"id": each["docid"], "title": each.get("title", ""), "text": each["text"]}
        for number in range(20)
        for each in (*line(number)["positive_passages"], *line(number)["negative_passages"])
    ]
    return write_lines(tmp_path / "corpus.jsonl", passages)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """The questions with their whole passage as the answer, so that no other passage has it."""
    lines = (
        {"id": f"q{number}", "question": each["query"], "lang": each["language"], "answers": [words(f"d{number}", 9)]}
        for number in range(20)
        for each in [line(number)]
    )
    return write_lines(tmp_path / "questions.jsonl", lines)


def test_what_is_mined_is_trained_on(
    steady_model: Path, asked: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, model = tmp_path / "data", tmp_path / "model"
    given = ("--questions", asked, "--corpus", corpus, "--encoder", steady_model, "--output", data, "--device", "cpu")
    forms = ("--query-max-length", 16, "--passage-max-length", 32, "--depth", 60)
    assert call("train", "mine", "--recipe", "sentri", *given, *forms, "--language", "fi", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "searched: 10" in said
    assert "passages: 60" in said
    assert "not searched: other language 10" in said
    assert not data.exists()
    assert call("train", "mine", "--recipe", "sentri", *given, *forms) == 0
    said = capsys.readouterr().out
    assert "questions: 20" in said
    assert "fi (asked 10, questions 10, positives 10, negatives 70, new positives 10, new negatives 70)" in said
    lines = [json.loads(each) for each in (data / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [each["positive_passages"] for each in lines] == [line(number)["positive_passages"] for number in range(20)]
    assert Manifest.read(data).settings["encoder"]["passage_max_length"] == 32
    training = ("--base", steady_model, "--epochs", 1, "--batch-size", 8, "--negatives", 2, "--device", "cpu")
    training = (*training, "--query-max-length", 16, "--passage-max-length", 32)
    assert call("train", "retriever", "--train", data / "train.jsonl", "--output", model, *training) == 0
    assert Manifest.read(model).counts["train"]["fi"] == {
        "questions": 10,
        "positives": 10,
        "negatives": 70,
        "without negatives": 0,
    }
    assert call("train", "retriever", "--train", asked, "--output", tmp_path / "no", *training) == 5
    assert "xqg train mine searches a corpus for these questions" in capsys.readouterr().err


@pytest.mark.slow
def test_rounds_train_with_the_settings_of_a_file(
    steady_model: Path, asked: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dev = write_lines(tmp_path / "dev.jsonl", [dev_line(number) for number in range(5)])
    config = tmp_path / "loop.toml"
    config.write_text(
        f'[mining]\nrecipe = "sentri"\nnegatives = 3\n\n[retriever]\nepochs = 1\nbatch_size = 8\nnegatives = 2\n'
        f'measures = ["RR@10"]\n\n[data]\ndev = ["{dev}"]\n',
        encoding="utf-8",
    )
    given = ("--questions", asked, "--corpus", corpus, "--encoder", steady_model, "--config", config, "--device", "cpu")
    output = tmp_path / "rounds"
    loop = ("--negatives", 4, "--depth", 60, "--rounds", 1, "--output", output)
    assert call("train", "mine", *given, *loop) == 2
    assert "length of 128 tokens was asked for" in capsys.readouterr().err
    assert not output.exists()  # nothing was mined before that was said
    forms = ("--query-max-length", 16, "--passage-max-length", 32)
    assert call("train", "mine", *given, *loop, *forms) == 0
    said = capsys.readouterr().out
    assert "round-1: questions 20, new positives 20, new negatives 80, dev (RR@10 " in said
    assert Manifest.read(output / "round-1" / "model").settings["retriever"]["epochs"] == 1
    assert Manifest.read(output / "round-1" / "data").settings["mining"]["negatives"] == 4
    assert call("train", "mine", *given, "--output", tmp_path / "no") == 2
    assert "nothing is trained without --rounds" in capsys.readouterr().err


def test_what_is_missing_or_wrong_ends_with_its_code(
    steady_model: Path, asked: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("train", "mine", "--questions", asked, "--corpus", corpus, "--output", tmp_path / "out")
    for options, code, message in (
        ((), 2, "no recipe is named"),
        (("--recipe", "sentri"), 2, "no retriever to search with"),
        (("--recipe", "sentri", "--pooling", "cls"), 2, "--pooling: of what encoder?"),
        (("--recipe", "cora", "--encoder", steady_model), 2, "give --reader"),
        (("--recipe", "sentri", "--source", "bm25", "--rounds", 2), 2, "give --encoder"),
        (("--recipe", "sentri", "--encoder", steady_model, "--data-format", "csv"), 2, "--data-format"),
        (("--recipe", "sentri", "--encoder", tmp_path / "nowhere"), 4, "no such folder"),
        (("--recipe", "sentri", "--encoder", steady_model, "--corpus", tmp_path / "no"), 4, "no such file"),
        (("--recipe", "negatives", "--encoder", steady_model), 5, "no positive 20"),
    ):
        assert call(*given, *options) == code, options
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
