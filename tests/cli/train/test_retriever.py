from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import call, write_lines
from tests.fixtures.training import dev_line, line

SMALL = (
    *("--query-max-length", 16, "--passage-max-length", 32, "--batch-size", 8, "--negatives", 2, "--epochs", 1),
    *("--device", "cpu"),
)


def test_a_dry_run_says_what_there_is_and_makes_nothing(
    steady_model: Path, train_file: Path, dev_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    given = ("--train", train_file, "--dev", dev_file, "--base", steady_model, "--output", tmp_path / "out")
    assert call("train", "retriever", *given, *SMALL, "--dry-run") == 0
    printed = dict(row.split(": ", 1) for row in capsys.readouterr().out.splitlines())
    assert printed["train"].startswith("fi (questions 10, positives 10, negatives 20, without negatives 0), ru (")
    assert (printed["steps per epoch"], printed["steps"], printed["negatives"]) == ("3", "3", "2")
    assert printed["dev passages"] == "60"
    assert printed["memory"].endswith(" GB")
    assert "generated" not in printed
    assert sorted(tmp_path.iterdir()) == before


def test_generated_questions_are_counted_before_the_start(
    steady_model: Path, train_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [{"id": f"d{number}", "queries": {"fi": ["joki"], "sw": ["mto", "mito"]}} for number in range(20)]
    queries = write_lines(tmp_path / "queries.jsonl", records)
    given = ("--train", train_file, "--base", steady_model, "--output", tmp_path / "out", *SMALL, "--dry-run")
    assert call("train", "retriever", *given, "--generated", queries, "--generated-share", 0.5) == 0
    printed = dict(row.split(": ", 1) for row in capsys.readouterr().out.splitlines())
    assert (printed["steps per epoch"], printed["steps"]) == ("5", "5")
    assert printed["generated"].startswith("questions an epoch 20, positives with some 20, queries")
    assert call("train", "retriever", *given, "--generated-corpus", queries) == 2
    assert "generated_corpus is given without generated queries" in capsys.readouterr().err
    assert call("train", "retriever", *given, "--generated", queries, "--generated-share", 0.6) == 2
    assert "generated_share is 0.6: a share above 0 and up to 0.5" in capsys.readouterr().err
    other = write_lines(tmp_path / "other.jsonl", [{"id": "x", "queries": {"fi": ["joki"]}}])
    assert call("train", "retriever", *given, "--generated", other) == 5
    assert "give --generated-corpus too" in capsys.readouterr().err
    assert call("train", "retriever", *given, "--generated", tmp_path / "no") == 4


@pytest.mark.slow
def test_every_option_reaches_the_settings_and_overrides_the_file(
    tiny_model: Path, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", [{"id": "x", "text": "old stone"}])
    positives = [{**line(number)["positive_passages"][0], "id": f"x{number}"} for number in range(20)]
    generated_corpus = write_lines(tmp_path / "positives.jsonl", positives)
    generated = write_lines(tmp_path / "queries.jsonl", [{"id": "x7", "queries": {"sw": ["old stone"]}}])
    config = tmp_path / "config.toml"
    config.write_text(
        f'[retriever]\nbase = "nowhere"\nseed = 5\nlearning_rate = 1\n[data]\ndev_corpus = "{corpus}"\n'
        'train = ["nowhere"]\n',
        encoding="utf-8",
    )
    # fmt: off
    assert call(
        "train", "retriever", "--config", config, "--output", tmp_path / "out", "--train", train_file,
        "--dev", dev_file, "--data-format", "tevatron", "--language", "Finnish,ru", "--default-language", "sw",
        "--leaks", "allow", "--recipe", "zero-shot", "--base", tiny_model, "--revision", "main", "--pooling", "mean",
        "--l2-norm", "--query-prefix", "q: ", "--passage-prefix", "p: ", "--query-max-length", 17,
        "--passage-max-length", 33, "--epochs", 2, "--batch-size", 10, "--negatives", 1, "--learning-rate", 1e-4,
        "--warmup-ratio", 0.2, "--weight-decay", 0.01, "--max-grad-norm", 2, "--scale", 30,
        "--measure", "Success@1,RR@10", "--checkpoint-every", 3, "--keep", "last", "--precision", "bf16",
        "--mini-batch", 4, "--gradient-checkpointing", "--device", "cpu", "--generated", generated,
        "--generated-corpus", generated_corpus, "--generated-share", 0.05,
    ) == 0
    # fmt: on
    assert Manifest.read(tmp_path / "out").counts["generated"]["questions an epoch"] == 1
    saved = tomllib.loads((tmp_path / "out" / "settings.toml").read_text(encoding="utf-8"))
    assert saved == {
        "retriever": {
            "base": str(tiny_model),
            "revision": "main",
            "recipe": "zero-shot",
            "languages": ["fi", "ru"],
            "default_language": "sw",
            "pooling": "mean",
            "l2_norm": True,
            "query_prefix": "q: ",
            "passage_prefix": "p: ",
            "query_max_length": 17,
            "passage_max_length": 33,
            "epochs": 2,
            "batch_size": 10,
            "negatives": 1,
            "learning_rate": 1e-4,
            "warmup_ratio": 0.2,
            "weight_decay": 0.01,
            "max_grad_norm": 2.0,
            "scale": 30.0,
            "seed": 5,
            "measures": ["Success@1", "RR@10"],
            "checkpoint_every": 3,
            "keep": "last",
            "precision": "bf16",
            "mini_batch": 4,
            "gradient_checkpointing": True,
        },
        "data": {
            "train": [str(train_file)],
            "dev": [str(dev_file)],
            "dev_corpus": str(corpus),
            "format": "tevatron",
            "leaks": "allow",
            "generated": [str(generated)],
            "generated_corpus": str(generated_corpus),
            "generated_share": 0.05,
        },
    }
    assert (
        call(
            "train",
            "retriever",
            "--config",
            tmp_path / "out" / "settings.toml",
            "--output",
            tmp_path / "again",
            "--device",
            "cpu",
        )
        == 0
    )
    first, again = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("out", "again"))
    assert first == again


def test_what_is_missing_or_wrong_ends_with_its_code(
    steady_model: Path, train_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ("--output", tmp_path / "out")
    assert call("train", "retriever", "--train", train_file, *output) == 2
    assert "--base is missing" in capsys.readouterr().err
    assert call("train", "retriever", "--base", steady_model, *output) == 2
    assert "--train is missing" in capsys.readouterr().err
    config = tmp_path / "c.toml"
    config.write_text("[retriever]\nepoch = 3\n", encoding="utf-8")
    assert call("train", "retriever", "--config", config, "--base", steady_model, "--train", train_file, *output) == 5
    assert "did you mean epochs" in capsys.readouterr().err
    leaking = write_lines(tmp_path / "dev.jsonl", [dev_line(1) | {"query_id": "q1"}])
    given = ("--base", steady_model, "--train", train_file, "--dev", leaking, *SMALL, *output)
    assert call("train", "retriever", *given) == 5
    assert "the same id as one of train: q1" in capsys.readouterr().err
    assert call("train", "retriever", "--base", tmp_path / "no", "--train", train_file, *SMALL, *output) == 4
    assert call("train") == 2
