"""Teachers that know the twenty made-up questions, and data for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fixtures.generation import make_t5
from tests.fixtures.training import Line, line, words

LENGTHS = {"query_max_length": 16, "passage_max_length": 32, "measures": ("RR@10",)}


def english_line(number: int, negatives: int = 2) -> Line:
    """The made-up question with an English form."""
    return line(number, negatives) | {"english": words(f"e{number}", 4)}


def losses(folder: Path, term: str = "loss") -> list[float]:
    """Of each step, from ``loss.tsv``: the loss, or a term of it."""
    names, *rows = [row.split("\t") for row in (folder / "loss.tsv").read_text(encoding="utf-8").splitlines()]
    return [float(row[names.index(term)]) for row in rows]


def knowing_generator(folder: Path, steps: int = 60) -> Path:
    """A tiny mT5 that learned to write the questions for their passages."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    make_t5(folder, dropout_rate=0.0)
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    names = {"fi": "Finnish", "ru": "Russian"}
    lines = [line(number) for number in range(20)]
    prompts = [
        f"Generate a {names[each['language']]} question for this passage: river {each['positive_passages'][0]['text']}"
        for each in lines
    ]
    inputs = tokenizer(prompts, padding=True, return_tensors="pt")
    labels = tokenizer(text_target=[each["query"] for each in lines], padding=True, return_tensors="pt")["input_ids"]
    labels[labels == tokenizer.pad_token_id] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss = model(**inputs, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return folder
