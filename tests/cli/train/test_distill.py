"""``xqg train distill``, and its folder in the hands of stock Pyserini."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.conftest import call, write_lines
from tests.fixtures.generation import make_t5
from tests.fixtures.processes import run_modules
from tests.fixtures.training import parts_done, start_and_kill, words
from tests.training.distillation.helpers import english_line

SMALL = (
    *("--query-max-length", 16, "--passage-max-length", 32, "--batch-size", 8, "--negatives", 2, "--epochs", 1),
    *("--device", "cpu"),
)


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_t5(tmp_path_factory.mktemp("models") / "generator")


@pytest.fixture
def english_file(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "train.jsonl", map(english_line, range(20)))


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "q.jsonl", ({"id": f"c{k}", "queries": {"sw": [words(k, 3)]}} for k in range(5)))


@pytest.fixture
def corpus_of_queries(tmp_path: Path, english_file: Path) -> Path:
    lines = map(json.loads, english_file.read_text(encoding="utf-8").splitlines())
    passages = [{**each["positive_passages"][0], "id": f"c{number}"} for number, each in enumerate(lines)]
    return write_lines(tmp_path / "queries-corpus.jsonl", [{"id": p["id"], "text": p["text"]} for p in passages])


@pytest.fixture
def parallel(tmp_path: Path) -> Path:
    folder = tmp_path / "fi-en"
    folder.mkdir()
    for name in ("fi", "en"):
        text = "".join(f"{words(f'{name} {number}', 5)}\n" for number in range(5))
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    return dict(row.split(": ", 1) for row in capsys.readouterr().out.splitlines())


@pytest.mark.slow
def test_a_run_killed_in_either_stage_ends_with_the_weights_of_one_that_was_not(
    tiny_model: Path, english_file: Path, dev_file: Path, parallel: Path, tmp_path: Path
) -> None:
    # The student has dropout. Four steps an epoch with 25 pairs, three with 20 questions; checkpoints stand within.
    command = [
        *("train", "distill", "--recipe", "dr-decr", "--teacher", tiny_model, "--base", tiny_model),
        *("--train", english_file, "--dev", dev_file, "--parallel", parallel, *SMALL, "--parallel-batch-size", 8),
        *("--epochs", 12, "--parallel-epochs", 12, "--checkpoint-every", 5, "--learning-rate", 1e-3),
    ]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    second = tmp_path / "killed.partial" / "progress.json"
    first = second.parent / "parallel.partial" / "progress.json"
    start_and_kill((*command, "--output", killed), lambda: parts_done(first) >= 10)
    assert 10 <= parts_done(first) < 48
    start_and_kill((*command, "--output", killed), lambda: not first.exists() and parts_done(second) >= 10)
    assert 10 <= parts_done(second) < 36
    assert call(*command, "--output", killed) == 0
    assert call(*command, "--output", whole) == 0
    for name in ("model.safetensors", "loss.tsv", "dev.tsv", "parallel/loss.tsv", "parallel/dev.tsv"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name


def test_a_dry_run_says_what_there_is_and_makes_nothing(
    steady_model: Path,
    generator: Path,
    english_file: Path,
    dev_file: Path,
    queries: Path,
    corpus_of_queries: Path,
    parallel: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sorted(tmp_path.iterdir())
    given = ("--train", english_file, "--dev", dev_file, "--base", steady_model, "--output", tmp_path / "out", *SMALL)
    own = ("--recipe", "quick", "--teacher", generator, "--queries", queries, "--queries-corpus", corpus_of_queries)
    assert call("train", "distill", *given, *own, "--dry-run") == 0
    said = printed(capsys)
    assert said["generated"] == "examples with some 5, without 15, queries (sw 5)"
    assert (said["steps"], said["negatives"]) == ("3", "2")
    own = ("--recipe", "dr-decr", "--teacher", steady_model, "--parallel", parallel, "--parallel-epochs", 2)
    assert call("train", "distill", *given, *own, "--parallel-batch-size", 10, "--dry-run") == 0
    said = printed(capsys)
    assert (said["english"], said["parallel"]) == ("their own 20", "fi 15, ru 10")
    assert (said["steps"], said["parallel steps"]) == ("9", "6")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.slow
def test_every_option_of_quick_reaches_the_settings_and_overrides_the_file(
    tiny_model: Path, generator: Path, english_file: Path, queries: Path, corpus_of_queries: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[quick]\nbase = "nowhere"\nseed = 5\nweight = 9\n[data]\ntrain = ["nowhere"]\n', encoding="utf-8"
    )
    # fmt: off
    assert call(
        "train", "distill", "--config", config, "--output", tmp_path / "out", "--train", english_file,
        "--base", tiny_model, "--teacher", generator, "--teacher-revision", "main", "--teacher-dtype", "bfloat16",
        "--temperature", 5, "--weight", 0.3, "--generated-share", 0.7, "--prompt", "Ask in {language}: {passage}",
        "--teacher-input-length", 60, "--teacher-output-length", 20, "--queries", queries,
        "--queries-corpus", corpus_of_queries, "--measure", "RR@10", "--keep", "last", "--precision", "bf16",
        "--mini-batch", 4, "--language", "Finnish,ru", *SMALL,
    ) == 0
    # fmt: on
    saved = tomllib.loads((tmp_path / "out" / "settings.toml").read_text(encoding="utf-8"))
    assert set(saved) == {"quick", "data"}
    assert saved["data"] == {
        "train": [str(english_file)],
        "dev": [],
        "leaks": "refuse",
        "queries": [str(queries)],
        "queries_corpus": str(corpus_of_queries),
        "parallel": [],
    }
    expected = {
        "recipe": "quick",
        "base": str(tiny_model),
        "teacher": str(generator),
        "teacher_revision": "main",
        "teacher_dtype": "bfloat16",
        "temperature": 5.0,
        "weight": 0.3,
        "generated_share": 0.7,
        "prompt": "Ask in {language}: {passage}",
        "teacher_input_length": 60,
        "teacher_query_length": 20,
        "measures": ["RR@10"],
        "keep": "last",
        "precision": "bf16",
        "mini_batch": 4,
        "languages": ["fi", "ru"],
        "seed": 5,
        "batch_size": 8,
    }
    assert {name: saved["quick"].get(name) for name in expected} == expected
    again = ("--config", tmp_path / "out" / "settings.toml", "--output", tmp_path / "again", "--device", "cpu")
    assert call("train", "distill", *again) == 0
    first, second = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("out", "again"))
    assert first == second


def test_what_is_missing_or_wrong_ends_with_its_code(
    steady_model: Path, english_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ("--output", tmp_path / "out")
    given = ("--base", steady_model, "--train", english_file, *output, *SMALL)
    assert call("train", "distill", *given) == 2
    assert "--recipe is missing: one of quick, dr-decr" in capsys.readouterr().err
    assert call("train", "distill", "--recipe", "quick", *given) == 2
    assert "--teacher is missing" in capsys.readouterr().err
    quick = ("--recipe", "quick", "--teacher", tmp_path / "no")
    assert call("train", "distill", *quick, *given, "--teacher-pooling", "cls") == 2
    assert "--teacher-pooling is no option of the recipe quick" in capsys.readouterr().err
    assert call("train", "distill", "--recipe", "dr-decr", "--teacher", steady_model, *given, "--weight", 1) == 2
    assert "--weight is no option of the recipe dr-decr" in capsys.readouterr().err
    assert call("train", "distill", *quick, *given) == 4
    config = tmp_path / "c.toml"
    config.write_text("[quick]\nwheight = 3\n", encoding="utf-8")
    assert call("train", "distill", *quick, *given, "--config", config) == 5
    assert "did you mean weight" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_distilled_folder_is_searched_by_stock_pyserini(
    steady_model: Path, english_file: Path, parallel: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('["dr-decr"]\nparallel_epochs = 2\nteacher_pooling = "cls"\n', encoding="utf-8")
    model, index, run = tmp_path / "model", tmp_path / "index", tmp_path / "run.txt"
    given = ("--config", config, "--teacher", steady_model, "--base", steady_model, "--parallel", parallel)
    assert call("train", "distill", *given, "--train", english_file, "--output", model, *SMALL) == 0
    lines = [english_line(number) for number in range(20)]
    passages = [each["positive_passages"][0] for each in lines]
    corpus, topics, ours = tmp_path / "corpus.jsonl", tmp_path / "topics.tsv", tmp_path / "ours"
    write_lines(corpus, ({"id": p["docid"], "contents": f"{p['title']} {p['text']}"} for p in passages))
    topics.write_text("".join(f"{each['query_id']}\t{each['query']}\n" for each in lines), encoding="utf-8")
    assert call("index", "--corpus", corpus, "--encoder", model, "--output", ours, "--alpha", 0, "--device", "cpu") == 0
    # fmt: off
    commands = [
        ["pyserini.encode", "input", "--corpus", corpus, "--fields", "text",
         "output", "--embeddings", index, "--to-faiss",
         "encoder", "--encoder", model, "--encoder-class", "auto", "--pooling", "cls", "--dimension", 32,
         "--device", "cpu", "--fields", "text"],
        ["pyserini.search.faiss", "--topics", topics, "--device", "cpu", "--hits", 3, "--index", index,
         "--encoder-class", "auto", "--encoder", model, "--pooling", "cls", "--output", run],
        ["pyserini.search.faiss", "--topics", topics, "--device", "cpu", "--hits", 3, "--index", ours,
         "--encoder-class", "xqg", "--encoder", ours, "--output", tmp_path / "run-of-ours.txt"],
    ]
    # fmt: on
    run_modules(commands, tmp_path / "printed.txt")
    found = [
        [(row.split()[0], row.split()[2], round(float(row.split()[4]), 2)) for row in file.read_text().splitlines()]
        for file in (run, tmp_path / "run-of-ours.txt")
    ]
    assert len(found[0]) == 60
    assert found[0] == found[1]
    assert len({docid for _, docid, _ in found[0]}) > 5
