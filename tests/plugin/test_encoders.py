from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.flat_file import read_flat
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin.encoder_folder import write_encoder
from pyserini_xqg.plugin.encoders import XqgDocumentEncoder, XqgQueryEncoder
from pyserini_xqg.plugin.records import write_records
from tests.conftest import make_model, sentence

TEXTS = [sentence(number, length) for number, length in enumerate((9, 40, 2, 17, 5))]
TITLES = [sentence(60 + number, 2) for number in range(5)]
QUERIES = [[sentence(100 + 10 * row + k, 3 + k) for k in range(count)] for row, count in enumerate((3, 1, 0, 5, 2))]
JOINED = ["\n".join(queries) for queries in QUERIES]
SETTINGS: dict[str, Any] = {
    "pooling": "mean",
    "query_prefix": "old ",
    "passage_prefix": "new ",
    "query_max_length": 10,
    "passage_max_length": 30,
}


def made(model: Path, folder: Path, augmentation: AugmentationSettings | None = None, **values: Any) -> str:
    settings = EncoderSettings(str(model), **{**SETTINGS, **values})
    write_encoder(settings, augmentation or AugmentationSettings(alpha=0.25), folder, "cpu")
    return str(folder)


def by_hand(encoder: TextEncoder, alpha: float, aggregate: str = "sum") -> npt.NDArray[np.float64]:
    """(1 - alpha) e(p) + alpha SUM e(q), a text at a time, in float64."""
    rows = []
    for text, queries in zip(TEXTS, QUERIES, strict=True):
        added = [encoder.encode([query], "query")[0].astype(np.float64) for query in queries]
        total = sum(added, np.zeros(encoder.dimension))
        if aggregate == "mean" and added:
            total = total / len(added)
        rows.append((1 - alpha) * encoder.encode([text], "passage")[0].astype(np.float64) + alpha * total)
    return np.stack(rows)


def test_the_records_own_queries_are_added_by_the_formula(tiny_model: Path, tmp_path: Path) -> None:
    encoder = XqgDocumentEncoder(made(tiny_model, tmp_path / "encoder"), device="cpu")
    vectors = encoder.encode(TEXTS, querys=JOINED)
    assert vectors.dtype == np.float32
    expected = by_hand(TextEncoder(EncoderSettings(str(tiny_model), **SETTINGS), "cpu"), 0.25)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_the_mean_of_the_queries_is_added_where_the_folder_says_so(tiny_model: Path, tmp_path: Path) -> None:
    augmentation = AugmentationSettings(alpha=0.4, aggregate="mean", normalize=True)
    encoder = XqgDocumentEncoder(made(tiny_model, tmp_path / "encoder", augmentation), device="cpu")
    expected = by_hand(TextEncoder(EncoderSettings(str(tiny_model), **SETTINGS), "cpu"), 0.4, "mean")
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode(TEXTS, querys=JOINED), expected, atol=1e-5)


def test_without_the_field_query_passages_are_plain(tiny_model: Path, tmp_path: Path) -> None:
    encoder = XqgDocumentEncoder(made(tiny_model, tmp_path / "encoder"), device="cpu")
    expected = TextEncoder(EncoderSettings(str(tiny_model), **SETTINGS), "cpu").encode(TEXTS, "passage")
    np.testing.assert_array_equal(encoder.encode(TEXTS), expected)


def test_records_without_queries_keep_their_share_of_the_passage(tiny_model: Path, tmp_path: Path) -> None:
    encoder = XqgDocumentEncoder(made(tiny_model, tmp_path / "encoder"), device="cpu")
    plain = encoder.encode(TEXTS)
    for querys in (["", None, "\n \n", None, ""], [None] * 5):
        np.testing.assert_allclose(encoder.encode(TEXTS, querys=querys), 0.75 * plain, atol=1e-6)


def test_blank_lines_are_no_queries_and_only_newlines_part_them(tiny_model: Path, tmp_path: Path) -> None:
    encoder = XqgDocumentEncoder(made(tiny_model, tmp_path / "encoder"), device="cpu")
    words = TextEncoder(EncoderSettings(str(tiny_model), **SETTINGS), "cpu")
    for joined, queries in (
        ("\nriver bridge\n\n  \nstone\n", ["river bridge", "stone"]),
        ("river\r\nbridge", ["river", "bridge"]),
        ("river \u2028 bridge\nstone \x0c tree", ["river \u2028 bridge", "stone \x0c tree"]),
    ):
        expected = 0.75 * encoder.encode(TEXTS[:1])[0] + 0.25 * words.encode(queries, "query").sum(axis=0)
        np.testing.assert_allclose(encoder.encode(TEXTS[:1], querys=[joined])[0], expected, atol=1e-5)


def test_missing_texts_and_titles_are_empty(tiny_model: Path, tmp_path: Path) -> None:
    encoder = XqgDocumentEncoder(made(tiny_model, tmp_path / "encoder"), device="cpu")
    vectors = encoder.encode([TEXTS[0], None, TEXTS[2], None], titles=[None, TITLES[1], "", None])
    np.testing.assert_allclose(vectors, encoder.encode([TEXTS[0], TITLES[1], TEXTS[2], ""]), atol=1e-6)
    np.testing.assert_allclose(encoder.encode([None, TEXTS[1]])[0], vectors[3], atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("add_sep", [False, True])
def test_titles_are_joined_as_in_stock_pyserini(add_sep: bool, tiny_model: Path, tmp_path: Path) -> None:
    from pyserini.encode import AutoDocumentEncoder

    model = made(tiny_model, tmp_path / "encoder", passage_prefix="", passage_max_length=64)
    vectors = XqgDocumentEncoder(model, device="cpu").encode(TEXTS, titles=TITLES, add_sep=add_sep)
    stock = AutoDocumentEncoder(str(tiny_model), device="cpu", pooling="mean")
    np.testing.assert_allclose(vectors, stock.encode(TEXTS, titles=TITLES, add_sep=add_sep), atol=1e-5)
    assert np.abs(vectors - stock.encode(TEXTS)).max() > 0.01


def test_the_length_that_pyserini_passes_is_not_used(tiny_model: Path, tmp_path: Path) -> None:
    encoder = XqgDocumentEncoder(made(tiny_model, tmp_path / "encoder"), device="cpu")
    np.testing.assert_array_equal(
        encoder.encode(TEXTS, max_length=5, querys=JOINED), encoder.encode(TEXTS, querys=JOINED)
    )


def test_half_precision_works_on_a_cpu_and_is_what_it_says(tiny_model: Path, tmp_path: Path) -> None:
    folder = made(tiny_model, tmp_path / "encoder", l2_norm=True)
    expected = XqgDocumentEncoder(folder, device="cpu").encode(TEXTS)
    vectors = XqgDocumentEncoder(folder, device="cpu").encode(TEXTS, fp16=True)
    assert vectors.dtype == np.float32
    assert (vectors * expected).sum(axis=1).min() > 0.999
    assert np.abs(vectors - expected).max() > 1e-5

    queries = XqgQueryEncoder(folder, device="cpu").encode_batch(TEXTS)
    halved = XqgQueryEncoder(folder, device="cpu", fp16=True).encode_batch(TEXTS)
    assert (halved * queries).sum(axis=1).min() > 0.999
    assert np.abs(halved - queries).max() > 1e-5


def test_arguments_that_later_versions_of_pyserini_pass_are_taken(tiny_model: Path, tmp_path: Path) -> None:
    folder = made(tiny_model, tmp_path / "encoder")
    documents = XqgDocumentEncoder(model_name=folder, device="cpu", tokenizer_name=None, pooling="cls", l2_norm=True)
    assert documents.encode(texts=TEXTS, max_length=256, fp16=False, add_sep=False, urls=TEXTS).shape == (5, 32)
    queries = XqgQueryEncoder(encoder_dir=folder, tokenizer_name=None, device="cpu", prefix=None, pooling="cls")
    assert queries.encode(TEXTS[0], max_length=256).shape == (32,)


def test_a_query_is_a_row_of_the_batch_and_equals_a_generated_query(tiny_model: Path, tmp_path: Path) -> None:
    encoder = XqgQueryEncoder(made(tiny_model, tmp_path / "encoder"), device="cpu")
    batch = encoder.encode_batch(TEXTS)
    assert batch.dtype == np.float32
    for text, vector in zip(TEXTS, batch, strict=True):
        assert encoder.encode(text).shape == (32,)
        np.testing.assert_allclose(encoder.encode(text), vector, atol=1e-6)
    generated = TextEncoder(EncoderSettings(str(tiny_model), **SETTINGS), "cpu").encode(TEXTS, "query")
    np.testing.assert_allclose(batch, generated, atol=1e-6)


def test_a_prefix_that_is_given_replaces_the_folders(tiny_model: Path, tmp_path: Path) -> None:
    folder = made(tiny_model, tmp_path / "encoder")
    plain = XqgQueryEncoder(made(tiny_model, tmp_path / "plain", query_prefix=""), device="cpu")
    given = XqgQueryEncoder(folder, device="cpu", prefix="stone ").encode("river")
    np.testing.assert_allclose(given, plain.encode("stone river"), atol=1e-6)
    np.testing.assert_allclose(XqgQueryEncoder(folder, device="cpu", prefix="").encode("river"), plain.encode("river"))


def test_the_query_model_encodes_the_users_queries_and_not_the_generated_ones(tiny_model: Path, tmp_path: Path) -> None:
    asker = make_model(tmp_path / "asker", seed=1)
    folder = made(tiny_model, tmp_path / "encoder", query_model=str(asker))
    expected = TextEncoder(EncoderSettings(str(asker), **SETTINGS), "cpu").encode(TEXTS, "query")
    np.testing.assert_allclose(XqgQueryEncoder(folder, device="cpu").encode_batch(TEXTS), expected, atol=1e-6)

    augmented = by_hand(TextEncoder(EncoderSettings(str(tiny_model), **SETTINGS), "cpu"), 0.25)
    vectors = XqgDocumentEncoder(folder, device="cpu").encode(TEXTS, querys=JOINED)
    np.testing.assert_allclose(vectors, augmented, atol=1e-5)


def test_a_bare_model_is_opened_with_the_settings_of_the_paper(tiny_model: Path) -> None:
    from pyserini.encode import AutoQueryEncoder

    stock = AutoQueryEncoder(str(tiny_model), device="cpu")
    expected = np.stack([stock.encode(text, max_length=32) for text in TEXTS])
    queries = XqgQueryEncoder(str(tiny_model), device="cpu").encode_batch(TEXTS)
    np.testing.assert_allclose(queries, expected, atol=1e-5)
    augmented = by_hand(TextEncoder(EncoderSettings(str(tiny_model)), "cpu"), 0.01)
    documents = XqgDocumentEncoder(str(tiny_model), device="cpu").encode(TEXTS, querys=JOINED)
    np.testing.assert_allclose(documents, augmented, atol=1e-5)


def by_stock(index: Path, records: Path) -> npt.NDArray[np.float32]:
    """What stock ``pyserini.encode --encoder INDEX --fields title text query`` makes of records."""
    from pyserini.encode import JsonlCollectionIterator

    (batch,) = JsonlCollectionIterator(str(records), ["title", "text", "query"])(batch_size=100)
    encoder = XqgDocumentEncoder(model_name=index, device="cpu")
    return encoder.encode(texts=batch["text"], titles=batch["title"], querys=batch["query"], max_length=256)


@pytest.mark.parametrize(
    "augmentation",
    [
        AugmentationSettings(alpha=0.3, aggregate="mean", normalize=True),
        AugmentationSettings(alpha=0.3, reduce_hubness=0.7),
        AugmentationSettings(alpha=0.3, reduce_hubness=1.0, normalize=True),
    ],
)
def test_an_index_folders_settings_make_the_vectors_of_the_index(
    augmentation: AugmentationSettings, corpus: Path, queries: Path, tiny_model: Path, tmp_path: Path
) -> None:
    builder = XqgIndexBuilder(EncoderSettings(tiny_model), augmentation, device="cpu")
    builder.build(corpus, queries, tmp_path / "index")
    write_records(corpus, queries, tmp_path / "records.jsonl")
    vectors = by_stock(tmp_path / "index", tmp_path / "records.jsonl")
    np.testing.assert_allclose(vectors, read_flat(tmp_path / "index" / "index"), atol=1e-5)


@pytest.mark.parametrize(
    ("named", "augmentation"),
    [
        ("languages fi", AugmentationSettings(languages=("fi",))),
        ("num_queries 1", AugmentationSettings(num_queries=1)),
        ("control shuffled", AugmentationSettings(control="shuffled")),
        ("control mean", AugmentationSettings(control="mean")),
        ("languages fi,ru, num_queries 2", AugmentationSettings(languages=("fi", "ru"), num_queries=2)),
    ],
)
def test_what_stock_encode_cannot_do_is_refused_by_name_where_there_are_queries(
    named: str, augmentation: AugmentationSettings, corpus: Path, queries: Path, tiny_model: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    XqgIndexBuilder(EncoderSettings(tiny_model), augmentation, device="cpu").build(corpus, queries, index)
    write_records(corpus, queries, tmp_path / "records.jsonl")
    with pytest.raises(UsageError, match=f"the augmentation has {named}; stock pyserini.encode"):
        by_stock(index, tmp_path / "records.jsonl")
    plain = TextEncoder(EncoderSettings(str(tiny_model)), "cpu").encode(TEXTS, "passage")
    np.testing.assert_allclose(XqgDocumentEncoder(index, device="cpu").encode(TEXTS), plain, atol=1e-6)
