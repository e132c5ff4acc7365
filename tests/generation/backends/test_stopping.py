from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from pyserini_xqg.generation.backends.stopping import EndOfLine
from tests.generation.backends.test_causal import make_causal


@pytest.mark.parametrize(
    ("written", "ends", "ends_after_blank"),
    [("river", False, False), ("river\n", True, True), ("\n", True, False), ("\n\nriver", False, False)],
)
def test_a_sequence_ends_with_its_first_line(written: str, ends: bool, ends_after_blank: bool, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(make_causal(tmp_path / "causal", chat=False))
    prompt = tokenizer("king\nking", add_special_tokens=False)["input_ids"]
    tokens = tokenizer(written, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(tokens).strip(" ") == written
    ids: torch.LongTensor = torch.tensor([prompt + tokens])  # type: ignore[assignment]
    scores: torch.FloatTensor = torch.zeros(1, 3)  # type: ignore[assignment]
    assert EndOfLine(tokenizer)(ids, scores).tolist() == [ends]
    assert EndOfLine(tokenizer, len(prompt))(ids, scores).tolist() == [ends_after_blank]
