from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.lengths import length_warning, sums_of_lengths
from pyserini_xqg.indexing.settings import AugmentationSettings


def of_length(lengths: list[float]) -> np.ndarray:
    vectors = np.random.default_rng(0).standard_normal((len(lengths), 8))
    return (np.array(lengths)[:, None] * vectors / np.linalg.norm(vectors, axis=1)[:, None]).astype(np.float32)


def warning(
    passages: list[float], vectors: list[float], has_queries: list[bool], normalize: bool = False
) -> str | None:
    parts = [slice(0, 2), slice(2, None)]
    given = of_length(passages), of_length(vectors), np.array(has_queries)
    return length_warning([sums_of_lengths(*(each[part] for each in given)) for part in parts], normalize)


@pytest.mark.parametrize(
    ("passages", "vectors", "has_queries", "said"),
    [
        ([1, 1, 1, 1], [0.9, 0.9, 0.9, 0.9], [True] * 4, None),
        ([1, 1, 1, 1], [0.9, 0.905, 0.895, 0.9], [True] * 4, None),
        ([1, 1, 1, 1], [0.9, 0.95, 0.85, 0.9], [True] * 4, "0.900 on average, standard deviation 0.035: an inner"),
        ([1, 1, 1, 1], [0.9, 0.9, 0.9, 1], [True] * 3 + [False], "(with queries 0.900, without 1.000)"),
        # One in a hundred hardly changes the spread, and is the first of all nevertheless.
        ([1] * 100, [0.95] * 99 + [1], [True] * 99 + [False], "(with queries 0.950, without 1.000)"),
        ([1] * 4, [1] * 4, [False] * 4, None),
        ([15, 16, 14, 15], [13, 15, 14, 15], [True] * 4, None),
    ],
)
def test_lengths_are_said_where_they_rank_passages_of_an_encoder_of_unit_length(
    passages: Any, vectors: Any, has_queries: Any, said: str | None
) -> None:
    found = warning(passages, vectors, has_queries)
    assert (found is None) if said is None else (found is not None and said in found and "--normalize" in found)


def test_unit_length_is_said_to_be_unfair_to_passages_without_queries() -> None:
    assert warning([1] * 4, [0.9, 0.8, 0.7, 0.9], [True] * 4, normalize=True) is None
    assert warning([1] * 4, [1] * 4, [False] * 4, normalize=True) is None
    found = warning([15] * 4, [12, 12, 12, 15], [True] * 3 + [False], normalize=True)
    assert found is not None and found.startswith("1 of 4 passages have no queries: at unit length")


@pytest.mark.parametrize("aggregate", ["mean", "sum"])
def test_an_index_whose_lengths_differ_says_so(builder, corpus, queries, tmp_path, caplog, aggregate) -> None:
    added = {"alpha": 0.3, "aggregate": aggregate}
    with caplog.at_level(logging.WARNING, "pyserini_xqg"):
        builder(AugmentationSettings(alpha=0)).build(corpus, queries, tmp_path / "plain")
        builder(AugmentationSettings(alpha=0, normalize=True)).build(corpus, queries, tmp_path / "plain unit")
        assert caplog.records == []
        builder(AugmentationSettings(**added, reduce_hubness=1)).build(corpus, queries, tmp_path / "out")
        builder(AugmentationSettings(**added, normalize=True)).build(corpus, queries, tmp_path / "unit")
    lengths, without = (record.getMessage() for record in caplog.records)
    assert "without 1.000)" in lengths or aggregate == "sum"
    assert "1 of 23 passages have no queries" in without


def test_lengths_of_an_encoder_without_unit_length_are_its_own(tiny_model, corpus, queries, tmp_path, caplog) -> None:
    settings = AugmentationSettings(alpha=0.3, aggregate="mean")
    with caplog.at_level(logging.WARNING, "pyserini_xqg"):
        XqgIndexBuilder(str(tiny_model), settings, device="cpu").build(corpus, queries, tmp_path / "out")
    assert caplog.records == []
