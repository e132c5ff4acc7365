from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.indexing.exchange import exchange
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from tests.indexing.helpers import vectors_of


def test_kept_vectors_make_the_index(builder, corpus, queries, tmp_path) -> None:
    builder(index=IndexSettings(keep_vectors=True)).build(corpus, queries, tmp_path / "out")
    kept = tmp_path / "out" / "vectors"
    passages = np.load(kept / "passages.npy", mmap_mode="r")
    sums = sum(np.load(kept / f"queries.{language}.npy") for language in ("fi", "ru"))
    np.testing.assert_allclose(
        vectors_of(tmp_path / "out"), np.float32(0.8) * passages + np.float32(0.2) * sums, atol=1e-7
    )
    assert np.load(kept / "counts.fi.npy").tolist()[:3] == [1, 2, 3]
    assert np.load(kept / "counts.ru.npy")[4] == 0
    builder().build(corpus, queries, tmp_path / "without")
    assert (tmp_path / "without" / "index").read_bytes() == (tmp_path / "out" / "index").read_bytes()


@pytest.mark.parametrize("control", [None, "shuffled", "mean"])
def test_the_sums_of_the_first_queries_are_kept(builder, corpus, queries, tmp_path, control) -> None:
    settings = AugmentationSettings(alpha=0.2, control=control)
    builder(settings, IndexSettings(keep_first=(2, 1, 2))).build(corpus, queries, tmp_path / "all")
    kept, number_1 = tmp_path / "all" / "vectors", np.load(tmp_path / "all" / "vectors" / "queries.fi.first-1.npy")
    assert len(list(kept.iterdir())) == 1 + 2 * 4
    partners = np.arange(23)
    if control == "shuffled":  # drawn among passages with as many queries in all, whatever the number that is tried
        own_counts = builder(replace(settings, control=None), IndexSettings(keep_vectors=True))
        own_counts.build(corpus, queries, tmp_path / "own")
        counts = [np.load(tmp_path / "own" / "vectors" / f"counts.{language}.npy") for language in ("fi", "ru")]
        partners = exchange(QueryNumbers.of_counts(np.stack(counts, axis=1)), 0).partners
    for number in (1, 2):
        own = replace(settings, num_queries=number, control=None if control == "shuffled" else control)
        builder(own, IndexSettings(keep_vectors=True)).build(corpus, queries, tmp_path / str(number))
        for language in ("fi", "ru"):
            sums = np.load(kept / f"queries.{language}.first-{number}.npy")
            alone = np.load(tmp_path / str(number) / "vectors" / f"queries.{language}.npy")[partners]
            if control != "mean":  # the mean is that of the queries that count
                np.testing.assert_allclose(sums, alone, atol=1e-6)
            assert (np.abs(sums).sum(axis=1) > 0).tolist() == (np.abs(alone).sum(axis=1) > 0).tolist()
    assert np.abs(np.load(kept / "queries.fi.npy") - number_1).max() > 0.1
    builder(settings).build(corpus, queries, tmp_path / "without")
    assert (tmp_path / "without" / "index").read_bytes() == (tmp_path / "all" / "index").read_bytes()
