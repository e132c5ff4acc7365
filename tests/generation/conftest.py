from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.collection import Passage
from tests.conftest import WORDS, sentence


def make_t5(folder: Path, kind: str = "mt5", **config: Any) -> Path:
    """A random T5 or mT5 with a Unigram tokenizer, as a plain Hugging Face folder."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    prompt = "Generate a Finnish Russian question for this passage:"
    unigram = Tokenizer(models.Unigram())
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=300, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    unigram.train_from_iterator([" ".join(WORDS), *[sentence(number, 12) for number in range(200)], prompt], trainer)
    pieces = [tuple(piece) for piece in json.loads(unigram.to_str())["model"]["vocab"]]
    tokenizer = transformers.T5Tokenizer(vocab=pieces, extra_ids=0)
    torch.manual_seed(0)
    values = {
        # Published models have more logits than their tokenizers have tokens.
        "vocab_size": len(tokenizer) + 12,
        "d_model": 32,
        "d_kv": 8,
        "d_ff": 64,
        "num_layers": 2,
        "num_heads": 4,
        # With the usual weights one token would follow the other for ever, whatever the passage.
        "initializer_factor": 3.0,
        "decoder_start_token_id": 0,
        **config,
    }
    if kind == "mt5":
        model = transformers.MT5ForConditionalGeneration(transformers.MT5Config(**values))
        # Published mT5s have two matrices of tokens.
        model.lm_head.weight = torch.nn.Parameter(torch.randn(model.lm_head.weight.shape) * 0.3)
    else:
        model = transformers.T5ForConditionalGeneration(transformers.T5Config(**values))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_mt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_t5(tmp_path_factory.mktemp("models") / "tiny-mt5")


@pytest.fixture(scope="session")
def tiny_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One matrix of tokens, its logits scaled."""
    return make_t5(tmp_path_factory.mktemp("models") / "tiny-t5", "t5", initializer_factor=1.0)


@pytest.fixture
def passages() -> list[Passage]:
    """Thirteen, of very different lengths; every third has a title."""
    return [
        Passage(f"d{number}", sentence(number, 3 + (number * 5) % 17), sentence(number + 50, 2) * (number % 3 == 0))
        for number in range(13)
    ]
