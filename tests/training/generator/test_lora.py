from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.loading import open_model
from pyserini_xqg.training.generator.lora import add_lora, copy_adapter, merged
from pyserini_xqg.training.generator.settings import generator_settings
from tests.fixtures.generation import make_t5

KIND = "sequence-to-sequence"


def test_what_was_added_is_merged_and_kept(tmp_path: Path) -> None:
    folder = str(make_t5(tmp_path / "mt5"))
    settings = generator_settings({"recipe": "lora", "base": folder, "lora_rank": 2})
    adapted: Any = add_lora(open_model(folder, None, "float32", KIND), settings, KIND)
    learned = {name: value for name, value in adapted.named_parameters() if value.requires_grad}
    assert learned and all("lora" in name for name in learned)
    with torch.no_grad():
        for value in learned.values():
            value.normal_(std=0.3)
    adapted.save_pretrained(tmp_path / "checkpoint")
    model = merged(open_model(folder, None, "float32", KIND), tmp_path / "checkpoint")
    ids = torch.tensor([[5, 6, 7, 1]])
    with torch.no_grad():
        logits = [each.eval()(input_ids=ids, labels=ids).logits for each in (adapted, model)]
        plain = open_model(folder, None, "float32", KIND)(input_ids=ids, labels=ids).logits
    torch.testing.assert_close(logits[1], logits[0], atol=1e-3, rtol=1e-3)
    assert (plain - logits[1]).abs().max() > 1e-2
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "old").touch()
    copy_adapter(tmp_path / "checkpoint", tmp_path / "adapter")
    assert {file.name for file in (tmp_path / "adapter").iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }


def test_layers_that_are_not_there_are_refused(tmp_path: Path) -> None:
    folder = str(make_t5(tmp_path / "mt5"))
    settings = generator_settings({"recipe": "lora", "base": folder, "lora_targets": ("nothing",)})
    with pytest.raises(UsageError, match=r"LoRA cannot be added to .*mt5"):
        add_lora(open_model(folder, None, "float32", KIND), settings, KIND)
