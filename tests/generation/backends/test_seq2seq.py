from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.errors import MissingPrerequisite
from pyserini_xqg.generation.backends import _prompted as prompted
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT, fill_prompt

Queries = list[list[str]]


def generator_of(model: Path, **options: Any) -> Seq2SeqGenerator:
    return Seq2SeqGenerator(model=str(model), device="cpu", **options)


def write(generator: Seq2SeqGenerator, passages: list[Passage], n: int = 3, seed: int = 1) -> Queries:
    return generator.generate(passages, "fi", n, seed, lambda _: None)


def test_greedy_queries_are_those_of_plain_generate(tiny_mt5: Path, passages: list[Passage]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_mt5)
    model = AutoModelForSeq2SeqLM.from_pretrained(tiny_mt5).eval()
    expected = []
    for passage in passages:
        ids = tokenizer(fill_prompt(PAPER_PROMPT, "fi", passage), return_tensors="pt")
        tokens = model.generate(**ids, do_sample=False, max_new_tokens=12)[0]
        known = [token for token in tokens.tolist() if token < len(tokenizer)]
        expected.append([tokenizer.decode(known, skip_special_tokens=True)])
    generator = generator_of(tiny_mt5, greedy=True, output_length=12)
    assert write(generator, passages) == expected
    assert len({query for (query,) in expected}) > 8  # the model tells passages apart
    assert not generator.samples


@pytest.mark.slow
@pytest.mark.parametrize("budget", [1, 600, 1200])
def test_the_queries_are_the_same_in_every_batch(
    budget: int, tiny_mt5: Path, passages: list[Passage], monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = generator_of(tiny_mt5)
    sizes: list[int] = []
    generator._model.get_encoder().register_forward_pre_hook(
        lambda _, __, features: sizes.append(len(features["input_ids"])), with_kwargs=True
    )
    expected = write(generator, passages)
    assert sizes == [13]
    monkeypatch.setitem(prompted.TOKENS_PER_BATCH, "cpu", budget)
    sizes.clear()
    assert write(generator, passages) == expected
    assert len(sizes) > 2
    assert (max(sizes) == 1) == (budget == 1)
    assert sum(sizes) == 13  # each passage through the encoder once


def test_what_is_drawn_depends_on_the_seed_and_the_id_not_on_the_other_passages(
    tiny_mt5: Path, passages: list[Passage]
) -> None:
    generator = generator_of(tiny_mt5)
    expected = write(generator, passages)
    assert write(generator, passages[::-1]) == expected[::-1]
    assert write(generator, passages[3:5]) == expected[3:5]
    other_seed = write(generator, passages, seed=2)
    renamed = write(generator, [Passage(f"x{passage.id}", passage.text, passage.title) for passage in passages])
    for others in (other_seed, renamed):
        assert all(queries != other for queries, other in zip(expected, others, strict=True))
    assert all(len(set(queries)) == 3 for queries in expected)


def test_fewer_queries_are_the_first_of_more(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5)
    assert write(generator, passages, n=2) == [queries[:2] for queries in write(generator, passages, n=5)]


def test_sampling_leaves_the_random_numbers_of_torch_alone(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    write(generator, passages)
    assert torch.equal(torch.rand(3), expected)


def test_top_1_is_greedy_and_a_high_temperature_is_not(tiny_mt5: Path, passages: list[Passage]) -> None:
    greedy = write(generator_of(tiny_mt5, greedy=True), passages)
    assert write(generator_of(tiny_mt5, top_k=1), passages, n=1) == greedy
    assert write(generator_of(tiny_mt5, temperature=1e-4), passages, n=1) == greedy
    assert write(generator_of(tiny_mt5, temperature=2.0), passages, n=1) != greedy


def test_a_publishers_settings_of_decoding_do_not_count(
    tiny_mt5: Path, passages: list[Passage], tmp_path: Path
) -> None:
    expected = write(generator_of(tiny_mt5), passages)
    folder = Path(shutil.copytree(tiny_mt5, tmp_path / "model"))
    file = folder / "generation_config.json"
    settings = {"num_beams": 4, "do_sample": True, "top_k": 2, "min_new_tokens": 30, "repetition_penalty": 5.0}
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))
    assert write(generator_of(folder), passages) == expected


def test_the_settings_say_all_that_decides(tiny_mt5: Path) -> None:
    assert generator_of(tiny_mt5, top_k=5, temperature=0.7).settings == {
        "generator": "seq2seq",
        "model": str(tiny_mt5),
        "revision": None,
        "fingerprint": fingerprint(str(tiny_mt5)),
        "prompt": PAPER_PROMPT,
        "top_k": 5,
        "temperature": 0.7,
        "input_length": 256,
        "output_length": 32,
        "dtype": "float32",
        "greedy": False,
    }


def test_bfloat16_writes_queries_and_promises_no_repetition(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5, dtype="bfloat16")
    assert all(len(set(queries)) == 3 for queries in write(generator, passages))
    assert not generator.reproducible
    assert generator_of(tiny_mt5).reproducible


def test_a_device_that_is_not_there_is_a_missing_prerequisite(tiny_mt5: Path) -> None:
    with pytest.raises(MissingPrerequisite, match="cuda:99"):
        Seq2SeqGenerator(model=str(tiny_mt5), device="cuda:99")
