from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.generation.backends import _prompted as prompted
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT, PromptTokenizer
from tests.conftest import sentence
from tests.generation.backends.test_seq2seq import generator_of, write


def test_an_over_long_passage_loses_its_end_and_the_prompt_stays(tiny_mt5: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_mt5)
    passage = Passage("d1", sentence(1, 100), "silta")
    (whole,) = PromptTokenizer(tokenizer, PAPER_PROMPT, 10_000)([passage], "fi")
    (cut,) = PromptTokenizer(tokenizer, PAPER_PROMPT, 60)([passage], "fi")
    assert len(whole) > 200
    assert cut == [*whole[:59], tokenizer.eos_token_id]
    assert tokenizer.decode(cut).startswith("Generate a Finnish question for this passage: silta")


def test_what_a_prompt_says_after_the_passage_stays(tiny_mt5: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_mt5)
    short, long = Passage("d1", sentence(1, 5)), Passage("d2", sentence(1, 100))
    rows = PromptTokenizer(tokenizer, "this passage: {passage} question:", 60)([short, long], "fi")
    assert len(rows[0]) < len(rows[1]) == 60
    assert rows[0] == tokenizer(f"this passage: {short.text} question:")["input_ids"]
    text = tokenizer.decode(rows[1], skip_special_tokens=True)
    assert text.startswith(f"this passage: {sentence(1, 5)}")
    assert text.endswith("question:")


def test_progress_tells_of_every_passage_once(
    tiny_mt5: Path, passages: list[Passage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(prompted.TOKENS_PER_BATCH, "cpu", 600)
    told: list[int] = []
    generator_of(tiny_mt5).generate(passages, "fi", 2, 1, told.append)
    assert len(told) > 2
    assert sum(told) == 13


def test_float16_is_refused_with_the_reason(tiny_mt5: Path) -> None:
    with pytest.raises(UsageError, match=r"float16 with a model of the type mt5: .* take float32 or bfloat16"):
        generator_of(tiny_mt5, dtype="float16")


@pytest.mark.parametrize(
    "options, message",
    [
        ({"top_k": 0}, "top_k is 0"),
        ({"top_k": 10_000}, "has 1[0-9]{2} tokens"),
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"output_length": 0}, "output_length is 0"),
        ({"dtype": "int8"}, "dtype is 'int8': one of float32, bfloat16"),
    ],
)
def test_arguments_that_cannot_be_are_refused(options: dict[str, Any], message: str, tiny_mt5: Path) -> None:
    with pytest.raises(UsageError, match=message):
        generator_of(tiny_mt5, **options)


def test_out_of_memory_halves_the_batch(
    tiny_mt5: Path, passages: list[Passage], caplog: pytest.LogCaptureFixture
) -> None:
    generator = generator_of(tiny_mt5)
    expected = write(generator, passages)
    sizes: list[int] = []

    def run_out(_: Any, __: Any, features: dict[str, Any]) -> None:
        sizes.append(len(features["encoder_outputs"][0]))
        if sizes[-1] > 12:
            raise torch.OutOfMemoryError("out of memory")

    generator._model.register_forward_pre_hook(run_out, with_kwargs=True)
    with caplog.at_level(logging.WARNING, logger="pyserini_xqg"):
        assert write(generator, passages) == expected
    assert [size for number, size in enumerate(sizes) if size != sizes[number - 1]] == [39, 18, 9, 3]
    assert "out of memory at 13 passages; going on with half as many" in caplog.text


def test_one_passage_that_does_not_fit_ends_in_an_error_that_says_what_to_do(
    tiny_mt5: Path, passages: list[Passage]
) -> None:
    generator = generator_of(tiny_mt5)

    def run_out(*_: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    generator._model.register_forward_pre_hook(run_out)
    with pytest.raises(XqgError, match=r"out of memory on 3 queries for one passage of .* tokens; ask for fewer"):
        write(generator, passages)


def test_other_errors_of_torch_are_not_taken_for_a_lack_of_memory(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5)
    calls = []

    def fail(*_: Any) -> None:
        calls.append(1)
        raise RuntimeError("something else")

    generator._model.register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="something else"):
        write(generator, passages)
    assert len(calls) == 1


def test_special_tokens_of_the_tokenizer_are_known(tiny_mt5: Path) -> None:
    generator = generator_of(tiny_mt5)
    assert {"</s>", "<pad>"} <= generator.special_tokens
    assert all(len(token) > 2 and not token[0].isalnum() for token in generator.special_tokens)
