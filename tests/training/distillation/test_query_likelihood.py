from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingInput, XqgError
from pyserini_xqg.generation.backends.loading import open_model, open_tokenizer
from pyserini_xqg.generation.prompts import instructions as prompts
from pyserini_xqg.training.distillation.query_likelihood import (
    QuestionPassage,
    Seq2SeqLikelihood,
    open_query_likelihood,
)
from tests.conftest import sentence
from tests.fixtures.generation import make_t5
from tests.fixtures.training import words
from tests.generation.backends.test_causal import make_causal

PAIRS = [
    QuestionPassage(
        words(f"q{number}", 2 + number),
        ("fi", "ru")[number % 2],
        Passage(f"d{number}", sentence(number, 4 + 5 * number), "stone" * (number % 2)),
    )
    for number in range(5)
]


@pytest.fixture(scope="module")
def tiny_mt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_t5(tmp_path_factory.mktemp("models") / "mt5")


def test_a_seq2seq_score_is_the_sum_over_the_questions_tokens(tiny_mt5: Path) -> None:
    model: Any = open_model(str(tiny_mt5), None, "float64", "sequence-to-sequence")
    tokenizer = open_tokenizer(str(tiny_mt5), None, "sequence-to-sequence")
    expected = []
    for pair in PAIRS:
        name, title = {"fi": "Finnish", "ru": "Russian"}[pair.language], pair.passage.title
        prompt = f"Generate a {name} question for this passage: {title + ' ' if title else ''}{pair.passage.text}"
        tokens = tokenizer(text_target=pair.question)["input_ids"]
        assert tokens[-1] == tokenizer.eos_token_id
        read, total = [model.config.decoder_start_token_id], 0.0
        for token in tokens:
            logits = model(
                input_ids=torch.tensor([tokenizer(prompt)["input_ids"]]), decoder_input_ids=torch.tensor([read])
            ).logits[0, -1]
            total += float(torch.log_softmax(logits, 0)[token])
            read.append(token)
        expected.append(total)
    found = open_query_likelihood(str(tiny_mt5), device="cpu").score(PAIRS)
    assert found.tolist() == pytest.approx(expected, rel=1e-4)
    assert np.std(expected) > 1


@pytest.mark.parametrize(("family", "chat"), [("llama", True), ("llama", False), ("gpt2", False)])
def test_a_causal_score_is_the_sum_over_the_questions_tokens(family: str, chat: bool, tmp_path: Path) -> None:
    folder = make_causal(tmp_path / "model", chat=chat, family=family, positions=2048)
    model: Any = open_model(str(folder), None, "float64", "causal language")
    tokenizer = open_tokenizer(str(folder), None, "causal language")
    expected = []
    for pair in PAIRS:
        text = f"{pair.passage.title}: {pair.passage.text}".removeprefix(": ")
        if chat:
            request = [{"role": "user", "content": prompts.messages(text, pair.language, 1)[0]["content"]}]
            prompt = tokenizer.apply_chat_template(request, tokenize=False, add_generation_prompt=True)
            question = pair.question
        else:
            prompt, question = prompts.worked_examples(text, pair.language), f" {pair.question}"
        read = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        tokens = tokenizer(question, add_special_tokens=False)["input_ids"]
        logits = model(input_ids=torch.tensor([read + tokens])).logits[0]
        steps = torch.log_softmax(logits, 1)
        expected.append(sum(float(steps[len(read) - 1 + place, token]) for place, token in enumerate(tokens)))
    found = open_query_likelihood(str(folder), device="cpu").score(PAIRS)
    assert found.tolist() == pytest.approx(expected, rel=1e-4)
    assert np.std(expected) > 1


def test_long_questions_lose_their_end(tiny_mt5: Path) -> None:
    scorer = open_query_likelihood(str(tiny_mt5), query_length=6, device="cpu")
    long = [
        QuestionPassage(words("q", 20), "fi", PAIRS[0].passage),
        QuestionPassage(words("q", 20) + " stone", "fi", PAIRS[0].passage),
    ]
    scores = scorer.score(long)
    assert scores[0] == scores[1]
    assert scores[0] > open_query_likelihood(str(tiny_mt5), device="cpu").score(long)[0]


class OneAtATime(Seq2SeqLikelihood):
    """A model on a device that is full with two passages, or with one."""

    room = 1

    def _log_probabilities(self, sources: list[list[int]], targets: list[list[int]]) -> torch.Tensor:
        if len(sources) > self.room:
            raise torch.OutOfMemoryError("out of memory")
        return super()._log_probabilities(sources, targets)


def test_a_lack_of_memory_halves_the_batch_and_ends_where_one_passage_is_too_much(tiny_mt5: Path) -> None:
    expected = open_query_likelihood(str(tiny_mt5), device="cpu").score(PAIRS)
    scorer = OneAtATime(model=str(tiny_mt5), output_length=64, device="cpu")
    assert scorer.score(PAIRS) == pytest.approx(expected, rel=1e-5)
    scorer.room = 0
    with pytest.raises(XqgError, match="--teacher-input-length"):
        scorer.score(PAIRS)


def test_a_teacher_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such folder"):
        open_query_likelihood(str(tmp_path / "no"), device="cpu")
