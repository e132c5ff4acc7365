from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.generation.backends import _prompted as prompted
from pyserini_xqg.generation.backends._ct2_model import import_ctranslate2
from pyserini_xqg.generation.backends.ctranslate2 import CTranslate2Generator
from pyserini_xqg.generation.backends.loading import ModelKind, open_model, open_tokenizer
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from tests.conftest import make_model, sentence

try:
    ctranslate2 = import_ctranslate2()
except MissingPrerequisite as error:
    pytest.skip(str(error), allow_module_level=True)

KIND: ModelKind = "sequence-to-sequence"
Queries = list[list[str]]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(folder))
    return folder / "ctranslate2"


def generator_of(model: Path, **options: Any) -> CTranslate2Generator:
    return CTranslate2Generator(model=str(model), device="cpu", **options)


def write(generator: Any, passages: list[Passage], n: int = 3, seed: int = 1) -> Queries:
    queries: Queries = generator.generate(passages, "fi", n, seed, lambda _: None)
    return queries


def finished(cache: Path) -> list[str]:
    return [folder.name for folder in cache.iterdir() if folder.is_dir() and not folder.name.endswith(".partial")]


@pytest.mark.parametrize("budget", [1, 600, 8192])
def test_greedy_queries_are_those_of_transformers(
    budget: int, tiny_mt5: Path, passages: list[Passage], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = write(Seq2SeqGenerator(model=str(tiny_mt5), greedy=True, device="cpu"), passages)
    monkeypatch.setitem(prompted.TOKENS_PER_BATCH, "cpu", budget)
    assert write(generator_of(tiny_mt5, greedy=True), passages) == expected
    assert len({query for (query,) in expected}) > 8


@pytest.mark.parametrize("kind", ["tiny_mt5", "tiny_t5"])
def test_the_probabilities_are_those_of_transformers(kind: str, request: pytest.FixtureRequest) -> None:
    # Greedy decoding does not tell whether all logits are too small; sampling suffers.
    folder = request.getfixturevalue(kind)
    tokenizer, model = open_tokenizer(str(folder), None, KIND), open_model(str(folder), None, "float32", KIND)
    texts, answers = [sentence(1, 9), sentence(2, 4)], [sentence(3, 5), sentence(4, 7)]
    generator = generator_of(folder)
    rows = [[tokenizer.convert_ids_to_tokens(ids) for ids in tokenizer(some)["input_ids"]] for some in (texts, answers)]
    scores = generator._translator.score_batch(rows[0], [row[:-1] for row in rows[1]])
    for text, answer, score in zip(texts, answers, scores, strict=True):
        labels = tokenizer(answer, return_tensors="pt")["input_ids"]
        logits = model(**tokenizer(text, return_tensors="pt"), labels=labels).logits
        expected = logits.log_softmax(-1).gather(2, labels[..., None])[0, :, 0]
        torch.testing.assert_close(torch.tensor(score.log_probs), expected, atol=1e-3, rtol=1e-3)


def test_the_same_call_writes_the_same_queries(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5)
    first = write(generator, passages)
    assert generator.reproducible
    assert generator.samples
    assert write(generator, passages) == first
    assert write(generator_of(tiny_mt5), passages) == first
    assert sum(len(set(queries)) for queries in first) > 30


def test_another_seed_and_other_passages_give_other_draws(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5)
    first = write(generator, passages)
    assert write(generator, passages, seed=2) != first
    renamed = [Passage(f"x{passage.id}", passage.text, passage.title) for passage in passages]
    assert write(generator, renamed) != first


def test_draws_follow_the_probabilities_of_transformers(tiny_mt5: Path) -> None:
    from scipy.stats import chi2_contingency

    passage = [Passage("d1", sentence(1, 9))]
    options: dict[str, Any] = {"output_length": 1, "top_k": 5, "temperature": 0.8}
    (theirs,) = write(generator_of(tiny_mt5, **options), passage, n=3000)
    (ours,) = write(Seq2SeqGenerator(model=str(tiny_mt5), device="cpu", **options), passage, n=3000)
    seen = sorted({*theirs, *ours})
    assert 2 <= len(seen) <= 5
    assert chi2_contingency([[side.count(query) for query in seen] for side in (theirs, ours)]).pvalue > 0.01


def test_int8_has_about_the_probabilities_of_float32(tiny_mt5: Path) -> None:
    generators = [generator_of(tiny_mt5, dtype=dtype) for dtype in ("float32", "int8")]
    assert generators[1]._translator.compute_type.startswith("int8")
    tokens = [
        [generators[0]._tokenizer.convert_ids_to_tokens(row) for row in generators[0]._tokenizer(texts)["input_ids"]]
        for texts in ([sentence(number, 9) for number in range(20)], [sentence(number, 5) for number in range(20, 40)])
    ]
    exact, rounded = (
        np.concatenate([score.log_probs for score in generator._translator.score_batch(*tokens)])
        for generator in generators
    )
    assert np.abs(exact - rounded).max() > 0
    assert np.corrcoef(exact, rounded)[0, 1] > 0.7


def test_a_missing_package_is_named_with_the_line_that_installs_it(
    tiny_mt5: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(MissingPrerequisite, match=r'pip install -e "\.\[ct2\]"'):
        generator_of(tiny_mt5)


def test_a_type_that_the_device_lacks_is_refused_with_those_it_has(tiny_mt5: Path) -> None:
    if "bfloat16" in ctranslate2.get_supported_compute_types("cpu"):
        pytest.skip("this CPU has all types")
    with pytest.raises(UsageError, match="dtype 'bfloat16' cannot be had on cpu; it has int8, float32"):
        generator_of(tiny_mt5, dtype="bfloat16")


def test_float16_is_refused_with_the_reason(tiny_mt5: Path) -> None:
    with pytest.raises(UsageError, match="float16 with a model of the type mt5"):
        generator_of(tiny_mt5, dtype="float16")


@pytest.mark.parametrize("device", ["cuda:99", "mps", "nothing"])
def test_a_device_that_is_not_there_is_a_missing_prerequisite(device: str, tiny_mt5: Path) -> None:
    with pytest.raises(MissingPrerequisite, match=device):
        CTranslate2Generator(model=str(tiny_mt5), device=device)


def test_out_of_memory_halves_the_batch(tiny_mt5: Path, passages: list[Passage]) -> None:
    generator = generator_of(tiny_mt5, greedy=True)
    expected = write(generator, passages)
    translate = generator._translator
    sizes: list[int] = []

    class Small:
        def translate_batch(self, source: list[list[str]], **options: Any) -> Any:
            sizes.append(len(source))
            if len(source) > 4:
                raise RuntimeError("CUDA failed with error out of memory")
            return translate.translate_batch(source, **options)

    generator._translator = Small()
    assert write(generator, passages) == expected
    assert sizes == [13, 6, 3, 3, 3, 3, 1]


def test_the_prompt_is_cut_like_that_of_transformers(tiny_mt5: Path) -> None:
    long = [Passage("d1", sentence(1, 200)), Passage("d2", sentence(2, 200))]
    options: dict[str, Any] = {"greedy": True, "input_length": 40}
    expected = write(Seq2SeqGenerator(model=str(tiny_mt5), device="cpu", **options), long)
    assert write(generator_of(tiny_mt5, **options), long) == expected
    assert write(generator_of(tiny_mt5, greedy=True), long) != expected


def test_an_encoder_is_no_sequence_to_sequence_model(tmp_path: Path) -> None:
    with pytest.raises(XqgError, match="no sequence-to-sequence model"):
        generator_of(make_model(tmp_path / "bert"))
