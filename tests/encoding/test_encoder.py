from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.encoding import encoder as text_encoder
from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.encoding.settings import EncoderSettings, Kind, Pooling
from pyserini_xqg.errors import MissingPrerequisite, XqgError
from tests.conftest import make_model, sentence

# Of very different lengths, in no order; all within the 64 tokens that the tiny model takes.
TEXTS = [sentence(number, length) for number, length in enumerate((1, 40, 3, 12, 45, 2, 7, 30, 1, 18, 5, 24, 45))]
TITLES = [sentence(50 + number, 1 + number % 3) for number in range(len(TEXTS))]
CHOICES = pytest.mark.parametrize("pooling, l2_norm", [("cls", False), ("cls", True), ("mean", False), ("mean", True)])


def encoder_of(model: Path, **values: Any) -> TextEncoder:
    return TextEncoder(EncoderSettings(str(model), **{"query_max_length": 64, **values}), "cpu")


def stock_passages(model: Path, texts: list[str], prefix: str | None = None, **values: Any) -> Vectors:
    from pyserini.encode import AutoDocumentEncoder

    form = {name: values.pop(name) for name in ("pooling", "l2_norm") if name in values}
    encoder = AutoDocumentEncoder(str(model), device="cpu", prefix=prefix, **form)
    vectors: Vectors = encoder.encode(texts, **values)
    return vectors


def stock_queries(model: Path, texts: list[str], max_length: int | None = None, **values: Any) -> Vectors:
    from pyserini.encode import AutoQueryEncoder

    encoder = AutoQueryEncoder(str(model), device="cpu", **values)
    return np.stack([encoder.encode(text, max_length=max_length) for text in texts])


def assert_same(vectors: Vectors, expected: Vectors, tolerance: float = 1e-5) -> None:
    assert vectors.dtype == np.float32
    assert vectors.shape == expected.shape
    assert np.abs(vectors - expected).max() < tolerance
    products = np.linalg.norm(vectors, axis=1) * np.linalg.norm(expected, axis=1)
    assert (np.einsum("ij,ij->i", vectors, expected) / products).min() > 1 - tolerance


@pytest.mark.slow
@CHOICES
@pytest.mark.parametrize("budget", [1, 100, 1_000_000])
def test_passages_get_the_vectors_of_stock_pyserini_whatever_the_batches(
    pooling: Pooling, l2_norm: bool, budget: int, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(text_encoder.TOKENS_PER_BATCH, "cpu", budget)
    encoder = encoder_of(tiny_model, pooling=pooling, l2_norm=l2_norm)
    batches = encoder.tokenize(TEXTS, "passage")
    assert len(batches) == {1: 13, 100: 4, 1_000_000: 1}[budget]
    assert max(batch.features["input_ids"].shape[1] for batch in batches) < 64  # else they are cut
    expected = stock_passages(tiny_model, TEXTS, pooling=pooling, l2_norm=l2_norm)
    assert_same(encoder.encode(TEXTS, "passage"), expected)


@CHOICES
def test_queries_get_the_vectors_of_stock_pyserini(pooling: Pooling, l2_norm: bool, tiny_model: Path) -> None:
    encoder = encoder_of(tiny_model, pooling=pooling, l2_norm=l2_norm)
    expected = stock_queries(tiny_model, TEXTS, pooling=pooling, l2_norm=l2_norm)
    assert_same(encoder.encode(TEXTS, "query"), expected)


@CHOICES
def test_texts_are_cut_where_stock_pyserini_cuts_them(pooling: Pooling, l2_norm: bool, tiny_model: Path) -> None:
    form: dict[str, Any] = {"pooling": pooling, "l2_norm": l2_norm}
    encoder = encoder_of(tiny_model, passage_max_length=10, query_max_length=6, **form)
    passages, queries = encoder.encode(TEXTS, "passage"), encoder.encode(TEXTS, "query")
    assert_same(passages, stock_passages(tiny_model, TEXTS, max_length=10, **form))
    assert_same(queries, stock_queries(tiny_model, TEXTS, max_length=6, **form))
    assert np.abs(passages[1] - queries[1]).max() > 0.01


def test_a_prefix_comes_before_the_text(tiny_model: Path) -> None:
    encoder = encoder_of(tiny_model, pooling="mean", query_prefix="old stone ", passage_prefix="new ")
    queries, passages = encoder.encode(TEXTS[:3], "query"), encoder.encode(TEXTS[:3], "passage")
    assert_same(queries, stock_queries(tiny_model, TEXTS[:3], pooling="mean", prefix="old stone"))
    assert_same(passages, stock_passages(tiny_model, TEXTS[:3], pooling="mean", prefix="new"))


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_pairs_are_joined_by_the_separator_and_cut_as_in_stock_pyserini(pooling: Pooling, tiny_model: Path) -> None:
    for length in (64, 9):
        encoder = encoder_of(tiny_model, pooling=pooling, passage_max_length=length)
        expected = stock_passages(tiny_model, TEXTS, titles=TITLES, add_sep=True, max_length=length, pooling=pooling)
        assert_same(encoder.encode(list(zip(TITLES, TEXTS, strict=True)), "passage"), expected)


@pytest.mark.parametrize("padding_side", ["right", "left"])
def test_last_pooling_takes_the_last_token_that_is_not_padding(padding_side: str, tmp_path: Path) -> None:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaModel

    model = make_model(tmp_path / "llama")
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side=padding_side)
    tokenizer.save_pretrained(model)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.3,
    )
    llama = LlamaModel(config).eval()
    llama.save_pretrained(model)
    with torch.inference_mode():
        alone = [llama(**tokenizer(text, return_tensors="pt", return_token_type_ids=False))[0] for text in TEXTS]

    encoder = encoder_of(model, pooling="last")
    (batch, *_) = encoder.tokenize(TEXTS, "passage")
    assert 0 in batch.features["attention_mask"][:, -1].tolist()  # else nothing is padded
    expected = np.stack([hidden[0, -1].numpy() for hidden in alone])
    assert_same(encoder.encode(TEXTS, "passage"), expected)


def test_a_model_in_half_the_bits_gives_nearly_the_same_float32_vectors(tiny_model: Path) -> None:
    expected = encoder_of(tiny_model, l2_norm=True).encode(TEXTS, "passage")
    encoder = encoder_of(tiny_model, l2_norm=True, dtype="bfloat16")
    vectors = encoder.encode(TEXTS, "passage")
    assert vectors.dtype == np.float32
    assert encoder.settings.dtype == "bfloat16"
    assert (vectors * expected).sum(axis=1).min() > 0.995
    assert np.abs(vectors - expected).max() > 1e-4


def test_tf32_is_float32_where_there_is_no_gpu_and_another_setting(tiny_model: Path) -> None:
    encoder = encoder_of(tiny_model, dtype="tf32")
    expected = encoder_of(tiny_model).encode(TEXTS, "passage")
    assert encoder.encode(TEXTS, "passage").tobytes() == expected.tobytes()
    assert encoder.settings.dtype == "tf32"


def test_attention_is_pytorchs_own_where_the_model_has_it(tiny_model: Path) -> None:
    assert encoder_of(tiny_model)._model[0].config._attn_implementation == "sdpa"


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_no_texts_give_no_vectors(kind: Kind, tiny_model: Path) -> None:
    encoder = encoder_of(tiny_model)
    vectors = encoder.encode([], kind)
    assert vectors.shape == (0, 32) == (0, encoder.dimension)
    assert vectors.dtype == np.float32


def test_an_empty_text_gets_a_vector(tiny_model: Path) -> None:
    assert_same(encoder_of(tiny_model).encode(["", *TEXTS], "passage"), stock_passages(tiny_model, ["", *TEXTS]))


BUDGETS = (1, 40, 200, 5000)
POOL = [sentence(number, number * 3 % 80) for number in range(30)]


@pytest.fixture(scope="module")
def encoders(tiny_model: Path) -> dict[int, TextEncoder]:
    """Encoders that differ in their token budget alone."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        for budget in BUDGETS:
            patch.setitem(text_encoder.TOKENS_PER_BATCH, "cpu", budget)
            made[budget] = encoder_of(tiny_model)
    return made


@pytest.fixture(scope="module")
def alone(encoders: dict[int, TextEncoder]) -> Vectors:
    """The vectors of the texts of the pool, each encoded by itself."""
    return np.concatenate([encoders[1].encode([text], "passage") for text in POOL])


@settings(max_examples=50, deadline=None)
@given(chosen=st.lists(st.integers(0, len(POOL) - 1), max_size=25), budget=st.sampled_from(BUDGETS))
def test_every_text_is_in_one_batch_within_the_budget(
    encoders: dict[int, TextEncoder], alone: Vectors, chosen: list[int], budget: int
) -> None:
    encoder = encoders[budget]
    batches = encoder.tokenize([POOL[number] for number in chosen], "passage")
    found = list(encoder.embed(batches))
    rows = [row for rows, _ in found for row in rows]
    assert sorted(rows) == list(range(len(chosen)))
    for batch, (of_batch, vectors) in zip(batches, found, strict=True):
        assert of_batch.tolist() == batch.rows.tolist()
        assert len(of_batch) == 1 or batch.features["input_ids"].numel() <= budget
        assert_same(vectors, alone[[chosen[row] for row in of_batch]])


def test_vectors_are_computed_at_most_one_batch_ahead(
    encoders: dict[int, TextEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoders[1]
    computed: list[int] = []
    hook = encoder._model.register_forward_hook(lambda *_: computed.append(1))
    try:
        results = encoder.embed(encoder.tokenize(TEXTS, "passage"))
        assert computed == []
        next(results)
        assert len(computed) == 2
        next(results)
        assert len(computed) == 3
    finally:
        hook.remove()


def test_a_batch_that_does_not_fit_is_halved_and_later_ones_are_no_larger(
    tiny_model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import torch

    encoder = encoder_of(tiny_model)
    (whole,) = encoder.tokenize(TEXTS, "passage")
    expected = encoder.encode(TEXTS, "passage")
    sizes: list[tuple[int, int]] = []

    def run_out(module: Any, arguments: tuple[dict[str, Any]]) -> None:
        rows, width = arguments[0]["input_ids"].shape
        sizes.append((rows, width))
        if rows * width > 240:
            raise torch.OutOfMemoryError("out of memory")

    hook = encoder._model[0].register_forward_pre_hook(run_out)
    try:
        vectors = encoder.encode(TEXTS, "passage")
        first = len(sizes)
        later = encoder.encode(TEXTS, "passage")
    finally:
        hook.remove()
    assert len(whole.rows) == 13
    assert [rows for rows, _ in sizes[:first]] == [13, 6, 3, 3, 3, 3, 1]
    # From then on batches are made for what there is, and memory does not run out again.
    assert [rows for rows, _ in sizes[first:]] == [3, 5, 5]
    assert max(rows * width for rows, width in sizes[first:]) <= 3 * 58
    assert_same(later, expected)
    assert_same(vectors, expected)
    assert "out of memory at 13 texts" in caplog.text


def test_one_text_that_does_not_fit_ends_in_an_error_that_says_what_to_do(tiny_model: Path) -> None:
    import torch

    encoder = encoder_of(tiny_model)

    def run_out(*_: Any) -> None:
        raise torch.OutOfMemoryError("out of memory")

    encoder._model[0].register_forward_pre_hook(run_out)
    with pytest.raises(XqgError, match="out of memory on one text of 58 tokens; give a smaller maximum length"):
        encoder.encode(TEXTS, "passage")


def test_a_device_that_is_not_there_is_a_missing_prerequisite(tiny_model: Path) -> None:
    with pytest.raises(MissingPrerequisite, match="cuda:99"):
        TextEncoder(EncoderSettings(str(tiny_model)), "cuda:99")


def test_a_model_needs_no_more_than_the_files_of_its_folder(tiny_model: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(tiny_model, tmp_path / "a folder with blanks and ä"))
    np.testing.assert_array_equal(
        encoder_of(moved).encode(TEXTS, "passage"), encoder_of(tiny_model).encode(TEXTS, "passage")
    )


ENGLISH = [
    "The river Danube flows through ten countries, more than any other river in the world.",
    "Bread is baked from a dough of flour and water, usually with yeast.",
    "The violin has four strings and is played with a bow drawn across them.",
    "Mount Everest is the highest mountain on Earth above sea level.",
]
FINNISH = [
    "Mikä joki virtaa kymmenen maan läpi?",
    "Mistä aineista leipä leivotaan?",
    "Kuinka monta kieltä viulussa on?",
    "Mikä on maailman korkein vuori?",
]


@pytest.mark.slow
def test_the_real_model_equals_stock_pyserini_and_understands_finnish(e5_model: Path) -> None:
    encoder = TextEncoder(EncoderSettings(str(e5_model)), "cpu")
    assert (encoder.settings.query_prefix, encoder.settings.passage_prefix) == ("query: ", "passage: ")
    questions, passages = encoder.encode(FINNISH, "query"), encoder.encode(ENGLISH, "passage")
    assert (questions @ passages.T).argmax(axis=1).tolist() == [0, 1, 2, 3]

    form: dict[str, Any] = {"pooling": "mean", "l2_norm": True}
    assert_same(questions, stock_queries(e5_model, FINNISH, prefix="query:", **form))
    assert_same(passages, stock_passages(e5_model, ENGLISH, prefix="passage:", **form))
