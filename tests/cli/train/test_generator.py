from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.conftest import call, write_lines
from tests.fixtures.generation import make_t5
from tests.fixtures.training import dev_line


@pytest.fixture(scope="module")
def mt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_t5(tmp_path_factory.mktemp("bases") / "mt5")


def test_a_dry_run_says_what_there_is_and_makes_nothing(
    mt5: Path, train_file: Path, dev_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.iterdir())
    given = ("--train", train_file, "--dev", dev_file, "--base", mt5, "--output", tmp_path / "out", "--device", "cpu")
    assert call("train", "generator", *given, "--dry-run") == 0
    printed = dict(row.split(": ", 1) for row in capsys.readouterr().out.splitlines())
    assert printed["train"] == (
        "fi (pairs 10, passages 10, with English 0), ru (pairs 10, passages 10, with English 0)"
    )
    assert (printed["steps"], printed["checkpoint every"], printed["generator"]) == ("2,000", "100", "seq2seq")
    assert printed["parameters"] == printed["trained parameters"]
    assert printed["memory"].endswith(" GB")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.slow
def test_every_option_reaches_the_settings_and_overrides_the_file(
    mt5: Path, train_file: Path, dev_file: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[generator]\nbase = "nowhere"\nseed = 5\nlearning_rate = 1\n[data]\ntrain = ["nowhere"]\n', encoding="utf-8"
    )
    # fmt: off
    assert call(
        "train", "generator", "--config", config, "--output", tmp_path / "out", "--train", train_file,
        "--dev", dev_file, "--data-format", "tevatron", "--language", "Finnish,ru", "--default-language", "sw",
        "--parallel", "--leaks", "allow", "--recipe", "lora", "--base", mt5, "--revision", "main",
        "--input-length", 90, "--output-length", 20, "--lora-rank", 3, "--lora-alpha", 5, "--lora-dropout", 0.1,
        "--lora-target", "q,v", "--steps", 3, "--epochs", 2, "--batch-size", 10, "--learning-rate", 1e-3,
        "--warmup-ratio", 0.2, "--weight-decay", 0.01, "--max-grad-norm", 2, "--checkpoint-every", 2,
        "--keep", "last", "--precision", "bf16", "--mini-batch", 4, "--gradient-checkpointing", "--device", "cpu",
    ) == 0
    # fmt: on
    saved = tomllib.loads((tmp_path / "out" / "settings.toml").read_text(encoding="utf-8"))
    assert saved == {
        "generator": {
            "base": str(mt5),
            "revision": "main",
            "recipe": "lora",
            "languages": ["fi", "ru"],
            "default_language": "sw",
            "parallel": True,
            "input_length": 90,
            "output_length": 20,
            "lora_rank": 3,
            "lora_alpha": 5,
            "lora_dropout": 0.1,
            "lora_targets": ["q", "v"],
            "steps": 3,
            "epochs": 2,
            "batch_size": 10,
            "learning_rate": 1e-3,
            "warmup_ratio": 0.2,
            "weight_decay": 0.01,
            "max_grad_norm": 2.0,
            "seed": 5,
            "checkpoint_every": 2,
            "keep": "last",
            "precision": "bf16",
            "mini_batch": 4,
            "gradient_checkpointing": True,
        },
        "data": {"train": [str(train_file)], "dev": [str(dev_file)], "format": "tevatron", "leaks": "allow"},
    }
    again = ("--config", tmp_path / "out" / "settings.toml", "--output", tmp_path / "again", "--device", "cpu")
    assert call("train", "generator", *again) == 0
    first, second = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("out", "again"))
    assert first == second


def test_what_is_missing_or_wrong_ends_with_its_code(
    mt5: Path, train_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ("--output", tmp_path / "out", "--device", "cpu")
    assert call("train", "generator", "--base", mt5, *output) == 2
    assert "--train is missing" in capsys.readouterr().err
    assert call("train", "generator", "--recipe", "lora", "--train", train_file, *output) == 2
    assert "--base is missing" in capsys.readouterr().err
    config = tmp_path / "c.toml"
    config.write_text("[generator]\nstep = 3\n", encoding="utf-8")
    assert call("train", "generator", "--config", config, "--train", train_file, *output) == 5
    assert "did you mean steps" in capsys.readouterr().err
    leaking = write_lines(tmp_path / "dev.jsonl", [dev_line(1) | {"query_id": "q1"}])
    assert call("train", "generator", "--base", mt5, "--train", train_file, "--dev", leaking, *output) == 5
    assert "the same id as one of train: q1" in capsys.readouterr().err
    assert call("train", "generator", "--base", tmp_path / "no", "--train", train_file, *output) == 4
