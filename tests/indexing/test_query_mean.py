from __future__ import annotations

import numpy as np
import pytest

from pyserini_xqg.indexing import query_mean
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from tests.conftest import write_lines
from tests.indexing.helpers import by_hand, records, vectors_of


@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_hubness_reduction_takes_the_mean_query_direction_out(
    builder, encoder, corpus, queries, tmp_path, alpha
) -> None:
    manifest = builder(AugmentationSettings(alpha=alpha, reduce_hubness=0.5)).build(corpus, queries, tmp_path / "out")
    passages, sums, _ = by_hand(encoder, corpus, queries)
    direction = sums.sum(axis=0) / np.linalg.norm(sums.sum(axis=0))
    np.testing.assert_allclose(manifest.details["mean_query_direction"], direction, atol=1e-5)
    augmented = (1 - alpha) * passages + alpha * sums
    expected = augmented - 0.5 * np.outer(augmented @ direction, direction)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), expected, atol=1e-5)


def test_hubness_direction_can_come_from_topics(builder, encoder, corpus, tmp_path) -> None:
    topics = tmp_path / "topics.tsv"
    topics.write_text("1\tmissä joki\n2\tкто король\n", encoding="utf-8")
    settings = AugmentationSettings(alpha=0, reduce_hubness=1)
    builder(settings, hubness_topics=topics).build(corpus, None, tmp_path / "out")
    direction = encoder.encode(["missä joki", "кто король"], "query").mean(axis=0)
    direction /= np.linalg.norm(direction)
    np.testing.assert_allclose(vectors_of(tmp_path / "out") @ direction, 0, atol=1e-6)


def test_the_mean_control_adds_the_same_vector_to_every_passage(builder, encoder, corpus, queries, tmp_path) -> None:
    settings = AugmentationSettings(alpha=0.2, aggregate="mean", control="mean")
    builder(settings).build(corpus, queries, tmp_path / "out")
    passages, sums, counts = by_hand(encoder, corpus, queries)
    added = np.where(counts[:, None] > 0, sums.sum(axis=0) / counts.sum(), passages)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), 0.8 * passages + 0.2 * added, atol=1e-6)


def test_the_mean_is_of_passages_that_have_queries_however_few_they_are(
    builder, encoder, corpus, tmp_path, monkeypatch
) -> None:
    """Of 23 passages, sampled evenly, three have queries; rows 0, 7 and 15 would be looked at."""
    monkeypatch.setattr(query_mean, "SAMPLED_PASSAGES", 3)
    texts = {"d1": ["missä joki", "milloin silta"], "d2": ["кто король"], "d21": ["где хлеб"], "d22": ["что вода"]}
    few = [{"id": identifier, "queries": {"fi": own}} for identifier, own in texts.items()]
    settings = AugmentationSettings(alpha=0.2, reduce_hubness=1)
    form = IndexSettings(keep_vectors=True)
    manifest = builder(settings, form).build(corpus, write_lines(tmp_path / "few.jsonl", few), tmp_path / "out")
    ids = [record["id"] for record in records(corpus)]
    in_order = sorted(texts, key=ids.index)
    sampled = [in_order[number * 4 // 3] for number in range(3)]
    mean = encoder.encode([text for identifier in sampled for text in texts[identifier]], "query").mean(axis=0)
    np.testing.assert_allclose(manifest.details["mean_query_direction"], mean / np.linalg.norm(mean), atol=1e-5)
    kept = KeptVectors(tmp_path / "out")
    np.testing.assert_allclose(kept.direction(("fi",), None), mean / np.linalg.norm(mean), atol=1e-5)
    assert not {ids[row] for row in (0, 7, 15)} & set(texts)
