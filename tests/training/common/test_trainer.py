from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, TrainingArguments

from pyserini_xqg.training.common.trainer import forget_calls, trainer_arguments, use_one_gpu


def test_the_arguments_are_those_of_the_settings_and_report_to_no_one(
    settings: Callable[..., Any], tmp_path: Path
) -> None:
    chosen = settings(warmup_ratio=0.25, precision="bf16", seed=7)
    arguments = TrainingArguments(**trainer_arguments(chosen, tmp_path, 10, "cpu"))
    assert (arguments.warmup_steps, arguments.bf16, arguments.seed) == (3, True, 7)
    assert (arguments.report_to, arguments.save_strategy, arguments.eval_strategy) == ([], "no", "no")
    assert arguments.device.type == "cpu"
    arguments._n_gpu = 4
    use_one_gpu(arguments)
    assert arguments._n_gpu == 1


def test_a_tokenizer_is_saved_without_its_last_call(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.save_pretrained(tmp_path / "fresh")
    tokenizer(["a river"], truncation=True, max_length=4, padding=True)
    forget_calls(tokenizer)
    tokenizer.save_pretrained(tmp_path / "used")
    fresh, used = ((tmp_path / name / "tokenizer.json").read_text(encoding="utf-8") for name in ("fresh", "used"))
    assert used == fresh
    assert "max_length" not in tokenizer.init_kwargs
