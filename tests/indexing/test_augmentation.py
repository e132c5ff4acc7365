from __future__ import annotations

import gzip

import numpy as np
import pytest
from tqdm import tqdm

from pyserini_xqg.collection.passages import passage_text
from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.encoding.batches import Batch
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.exchange import exchange
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from tests.conftest import write_lines
from tests.indexing.helpers import by_hand, records, vectors_of


def test_the_index_is_the_formula(builder, encoder, corpus, queries, tmp_path) -> None:
    manifest = builder().build(corpus, queries, tmp_path / "out")
    passages, sums, _ = by_hand(encoder, corpus, queries)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), 0.8 * passages + 0.2 * sums, atol=1e-6)
    assert (tmp_path / "out" / "docid").read_text().split() == [record["id"] for record in records(corpus)]
    assert manifest.counts["passages"] == 23
    assert manifest.counts["passages_without_queries"] == 1
    assert manifest.counts["queries_records_with_unknown_id"] == 1
    assert (
        manifest.counts["queries"] == {"fi": 43 - 3, "ru": 44}
        or sum(manifest.counts["queries"].values()) == by_hand(encoder, corpus, queries)[2].sum()
    )


def test_the_bytes_are_those_of_texts_that_the_tokenizer_pads_and_numpy_adds(
    builder, encoder, corpus, queries, tmp_path
) -> None:
    """As versions before made them, so that a build that one of them began can go on."""
    own = {record["id"]: record["queries"] for record in records(queries)}
    texts = [passage_text(record.get("title"), record["text"]) for record in records(corpus)]
    vectors, kept = np.zeros((len(texts), 32), np.float32), np.zeros((2, len(texts), 32), np.float32)
    for start in range(0, len(texts), 4):
        part = records(corpus)[start : start + 4]
        passages, sums = np.zeros((len(part), 32), np.float32), np.zeros((2, len(part), 32), np.float32)
        for rows, values in padded_by_tokenizer(encoder, texts[start : start + 4], "passage"):
            passages[rows] = values
        of_part = [
            (language, row, text)
            for row, record in enumerate(part)
            for language, code in enumerate(("fi", "ru"))
            for text in own.get(record["id"], {}).get(code, ())
        ]
        if of_part:
            languages, places, asked = zip(*of_part, strict=True)
            for rows, values in padded_by_tokenizer(encoder, asked, "query"):
                np.add.at(sums, (np.array(languages)[rows], np.array(places)[rows]), values)
        kept[:, start : start + 4] = sums
        vectors[start : start + 4] = np.float32(0.8) * passages + np.float32(0.2) * sums.sum(axis=0)
    builder(index=IndexSettings(keep_vectors=True)).build(corpus, queries, tmp_path / "out")
    assert vectors_of(tmp_path / "out").tobytes() == vectors.tobytes()
    for language, expected in zip(("fi", "ru"), kept, strict=True):
        assert np.load(tmp_path / "out" / "vectors" / f"queries.{language}.npy").tobytes() == expected.tobytes()


def padded_by_tokenizer(encoder, texts, kind):
    tokenizer, settings = encoder._model.tokenizer, encoder.settings
    prefix = settings.query_prefix if kind == "query" else settings.passage_prefix
    ids = tokenizer([prefix + text for text in texts], truncation=True, max_length=48)["input_ids"]
    order = np.argsort([-len(row) for row in ids], kind="stable")
    while len(order):
        count = max(1, encoder._budget // len(ids[order[0]]))
        rows, order = order[:count], order[count:]
        padded = tokenizer.pad({"input_ids": [ids[row] for row in rows]}, return_tensors="pt")
        yield rows, encoder._run(Batch(rows, dict(padded))).numpy()


def test_the_mean_is_independent_of_the_number_of_queries(builder, encoder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=0.3, aggregate="mean")).build(corpus, queries, tmp_path / "out")
    passages, sums, counts = by_hand(encoder, corpus, queries)
    expected = 0.7 * passages + 0.3 * sums / np.maximum(counts, 1)[:, None]
    assert (counts == 0).any()
    expected[counts == 0] = passages[counts == 0]
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), expected, atol=1e-6)


def test_languages_and_numbers_of_queries_are_chosen(builder, encoder, corpus, queries, tmp_path) -> None:
    settings = AugmentationSettings(alpha=0.2, languages=("fi",), num_queries=1)
    manifest = builder(settings).build(corpus, queries, tmp_path / "out")
    passages, sums, _ = by_hand(encoder, corpus, queries, languages=["fi"], num_queries=1)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), 0.8 * passages + 0.2 * sums, atol=1e-6)
    assert manifest.counts["queries"] == {"fi": 21}
    assert manifest.counts["passages_without_queries"] == 2


def test_alpha_0_is_the_plain_index_and_alpha_1_the_queries(builder, encoder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=0)).build(corpus, queries, tmp_path / "plain")
    builder(AugmentationSettings(alpha=1)).build(corpus, queries, tmp_path / "queries")
    passages, sums, _ = by_hand(encoder, corpus, queries)
    np.testing.assert_allclose(vectors_of(tmp_path / "plain"), passages, atol=1e-6)
    np.testing.assert_allclose(vectors_of(tmp_path / "queries"), sums, atol=1e-5)


def test_normalized_vectors_have_unit_length(builder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=0.2, normalize=True)).build(corpus, queries, tmp_path / "out")
    np.testing.assert_allclose(np.linalg.norm(vectors_of(tmp_path / "out"), axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("languages", [None, ("fi",)])
def test_the_shuffled_control_gives_each_passage_the_queries_of_another_one_with_as_many(
    builder, encoder, corpus, queries, tmp_path, languages
) -> None:
    counts = [by_hand(encoder, corpus, queries, [language])[2] for language in languages or ("fi", "ru")]
    passages, sums, _ = by_hand(encoder, corpus, queries, languages)
    found = []
    for seed in (0, 1):
        settings = AugmentationSettings(alpha=0.2, control="shuffled", control_seed=seed, languages=languages)
        manifest = builder(settings).build(corpus, queries, tmp_path / str(seed))
        drawn = exchange(QueryNumbers.of_counts(np.stack(counts, axis=1)), seed)
        expected = 0.8 * passages + 0.2 * sums[drawn.partners]
        np.testing.assert_allclose(vectors_of(tmp_path / str(seed)), expected, atol=1e-6)
        assert manifest.settings["augmentation"]["control_seed"] == seed
        assert manifest.counts["passages_with_others_queries"] == drawn.exchanged == int((sum(counts) > 0).sum())
        assert manifest.counts["of_them_with_unequal_numbers"] == drawn.unequal
        found.append(drawn.partners.tolist())
    assert found[0] != found[1]


def test_the_shuffled_control_is_the_same_whatever_the_parts_and_the_order_and_packing_of_the_queries(
    builder, corpus, queries, tmp_path
) -> None:
    settings = AugmentationSettings(alpha=0.2, reduce_hubness=0.5, control="shuffled")
    lines = queries.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "turned.jsonl").write_text("".join(reversed(lines)), encoding="utf-8")
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(queries.read_bytes()))
    builder(settings).build(corpus, queries, tmp_path / "one")
    builder(settings, part_size=23).build(corpus, tmp_path / "turned.jsonl", tmp_path / "other")
    builder(settings).build(corpus, tmp_path / "packed.jsonl.gz", tmp_path / "third")
    np.testing.assert_allclose(vectors_of(tmp_path / "one"), vectors_of(tmp_path / "other"), atol=1e-6)
    assert (tmp_path / "one" / "index").read_bytes() == (tmp_path / "third" / "index").read_bytes()


def test_one_passage_with_queries_has_nobody_to_exchange_them_with(builder, corpus, tmp_path) -> None:
    one = write_lines(tmp_path / "one.jsonl", [{"id": "d1", "queries": {"fi": ["joki"]}}])
    with pytest.raises(UsageError, match="1 of 23 passages have queries that count"):
        builder(AugmentationSettings(control="shuffled")).build(corpus, one, tmp_path / "out")


def test_with_alpha_1_a_passage_without_queries_keeps_its_vector(builder, encoder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=1, aggregate="mean")).build(corpus, queries, tmp_path / "out")
    passages, sums, counts = by_hand(encoder, corpus, queries)
    expected = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], passages)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), expected, atol=1e-6)


@pytest.mark.parametrize("settings", [AugmentationSettings(alpha=0), AugmentationSettings(alpha=0.2, control="mean")])
def test_the_bar_moves_within_a_part(settings, builder, corpus, queries, tmp_path, monkeypatch) -> None:
    """One part holds all passages, and the model takes few tokens at once."""
    told: list[tuple[str, int]] = []
    made = builder(settings, part_size=1024, show_progress=True)
    monkeypatch.setattr("pyserini_xqg.encoding.encoder.TOKENS_PER_BATCH", {"cpu": 64})

    def bar(what, **options):
        shown = tqdm(**options)
        monkeypatch.setattr(shown, "update", lambda done=1: told.append((what, done)))
        return shown

    monkeypatch.setattr(made, "_bar", bar)
    made.build(corpus, queries, tmp_path / "out")
    steps = [done for what, done in told if what == "encoding"]
    assert sum(steps) == 23 and len(steps) > 3 and max(steps) < 23 and min(steps) > 0
    of_mean = [done for what, done in told if what == "mean of the queries"]
    assert (sum(of_mean) > 23 and len(of_mean) > 1) if settings.control else not of_mean


def test_an_encoder_tells_how_many_texts_are_encoded(tiny_model, monkeypatch) -> None:
    monkeypatch.setattr("pyserini_xqg.encoding.encoder.TOKENS_PER_BATCH", {"cpu": 32})
    encoder = TextEncoder(EncoderSettings(str(tiny_model)), "cpu")
    told: list[int] = []
    encoder.encode(["joki silta vesi"] * 50, "query", told.append)
    assert sum(told) == 50 and len(told) > 5
