from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.training.common.config import read_config, write_config
from pyserini_xqg.training.generator.settings import GeneratorSettings, generator_settings


def test_the_default_recipe_is_the_papers() -> None:
    found = generator_settings({})
    assert (found.base, found.steps, found.batch_size, found.learning_rate) == ("google/mt5-base", 2000, 128, 1e-4)
    assert (found.warmup_ratio, found.input_length, found.output_length, found.keep) == (0.0, 128, 32, "best")
    assert (found.lora_rank, found.parallel) == (0, False)


def test_lora_trains_epochs_of_a_base_that_has_to_be_named() -> None:
    found = generator_settings({"recipe": "lora", "base": "m"})
    assert (found.lora_rank, found.lora_alpha, found.learning_rate, found.steps, found.epochs) == (
        16,
        32,
        2e-4,
        None,
        3,
    )
    with pytest.raises(UsageError, match="base"):
        generator_settings({"recipe": "lora"})


def test_epochs_replace_the_steps_below_them_and_no_others(tmp_path: Path) -> None:
    assert generator_settings({"epochs": 5}).steps is None
    assert generator_settings({"steps": 7}, {"epochs": 5}).steps is None
    assert generator_settings({"epochs": 5}, {"steps": 7}).steps == 7
    for settings in (generator_settings({"steps": 7}), generator_settings({"epochs": 5})):
        file = tmp_path / "settings.toml"
        write_config(file, {"generator": settings})
        assert generator_settings(read_config(file, {"generator": GeneratorSettings})["generator"]) == settings


def test_memory_settings_are_no_part_of_what_decides_on_the_weights() -> None:
    plain = generator_settings({})
    assert plain.identity() == generator_settings({"mini_batch": 4, "gradient_checkpointing": True}).identity()
    assert plain.identity() != generator_settings({"parallel": True}).identity()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"precision": "fp16"}, "fp32, bf16"),  # mT5 overflows in it
        ({"recipe": "xdr"}, "paper, lora"),
        ({"steps": 0}, "steps is 0"),
        ({"input_length": 1}, "input_length"),
        ({"output_length": 1}, "output_length"),
        ({"lora_rank": -1}, "lora_rank"),
        ({"lora_alpha": 0}, "lora_alpha"),
        ({"lora_dropout": 1.0}, "lora_dropout"),
        ({"lora_targets": ()}, "lora_targets"),
        ({"lora_target": ("q",)}, "did you mean lora_targets"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        generator_settings(given)


def test_languages_are_codes() -> None:
    assert generator_settings({"languages": ("Finnish", "te")}).languages == ("fi", "te")
    with pytest.raises(InvalidInput, match="unknown language"):
        generator_settings({"default_language": "Klingonese"})
