from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.exchange import exchange
from pyserini_xqg.indexing.formula import augment
from pyserini_xqg.indexing.settings import AugmentationSettings

COUNTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30).map(np.array)
SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None)
@given(counts=COUNTS, seed=SEEDS)
def test_every_passage_with_queries_gets_those_of_another_one_and_no_other_any(counts: np.ndarray, seed: int) -> None:
    with_queries = counts.any(axis=1)
    if with_queries.sum() < 2:
        with pytest.raises(UsageError, match="at least two are expected"):
            exchange(QueryNumbers.of_counts(counts), seed)
        return
    drawn = exchange(QueryNumbers.of_counts(counts), seed)
    rows = np.arange(len(counts))
    assert sorted(drawn.partners) == rows.tolist()
    assert ((drawn.partners == rows) == ~with_queries).all()
    assert (counts[drawn.partners].any(axis=1) == with_queries).all()
    assert drawn.exchanged == with_queries.sum()


@settings(deadline=None)
@given(counts=COUNTS, seed=SEEDS)
def test_numbers_change_only_for_those_whom_nobody_equals_and_who_takes_their_queries(
    counts: np.ndarray, seed: int
) -> None:
    with_queries = counts.any(axis=1)
    if with_queries.sum() < 2:
        return
    drawn = exchange(QueryNumbers.of_counts(counts), seed)
    patterns, sizes = np.unique(counts[with_queries], axis=0, return_counts=True)
    alone = [pattern for pattern, size in zip(patterns.tolist(), sizes, strict=True) if size == 1]
    unequal = (counts[drawn.partners] != counts).any(axis=1)
    assert drawn.unequal == unequal.sum() <= 2 * len(alone)
    # Languages are kept as long as another passage has queries in the same ones.
    there = counts > 0
    _, passages = np.unique(there[with_queries], axis=0, return_counts=True)
    if (passages > 1).all():
        assert (there[drawn.partners] == there).all()


def test_the_exchange_depends_on_numbers_and_seed_alone_not_on_how_they_are_given() -> None:
    counts = np.random.default_rng(0).integers(0, 3, (200, 3))
    unsorted = np.array([*np.unique(counts, axis=0)[::-1], [0, 0, 0]])
    of_row = np.array([np.flatnonzero((unsorted == row).all(axis=1))[-1] for row in counts], dtype=np.int32)
    one = exchange(QueryNumbers.of_counts(counts), 5)
    other = exchange(QueryNumbers.of_patterns(unsorted, of_row), 5)
    assert (one.partners == other.partners).all()
    assert (one.partners != exchange(QueryNumbers.of_counts(counts), 6).partners).any()
    # What a build that goes on has to draw again, with whatever version of numpy.
    assert exchange(QueryNumbers.of_counts(np.ones((8, 1), dtype=int)), 0).partners.tolist() == [5, 7, 1, 0, 6, 4, 2, 3]


def test_every_other_passage_of_the_group_is_as_likely() -> None:
    counts = np.array([[1], [0], [1], [1], [1]])
    drawn = np.array([exchange(QueryNumbers.of_counts(counts), seed).partners for seed in range(600)])
    for row in (0, 2, 3, 4):
        rows, times = np.unique(drawn[:, row], return_counts=True)
        assert rows.tolist() == [other for other in (0, 2, 3, 4) if other != row]
        assert times.min() > 150  # of 200, with a standard deviation of 11.5


@pytest.mark.parametrize("aggregate", ["mean", "sum"])
def test_queries_that_say_nothing_do_not_beat_the_control(aggregate: str) -> None:
    """Half of the passages have queries, which say nothing, and the questions are of passages without any."""
    random = np.random.default_rng(0)

    def unit(vectors: np.ndarray) -> np.ndarray:
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    rows, dimension = 200, 16
    asked = np.arange(rows) < rows // 2
    added = AugmentationSettings(alpha=0.4, aggregate=aggregate)  # type: ignore[arg-type]
    gains, gains_over_rotation = [], []
    for seed in range(100):
        passages = unit(random.standard_normal((rows, dimension)))
        questions = unit(passages + 0.5 * random.standard_normal((rows, dimension)))
        counts = np.where(asked, 0, 2)
        sums = np.stack([unit(random.standard_normal((2, dimension))).sum(axis=0) for _ in range(rows)])
        sums *= counts[:, None] > 0
        partners = exchange(QueryNumbers.of_counts(counts[:, None]), seed).partners

        def hits(of: np.ndarray, passages=passages, questions=questions, sums=sums, counts=counts) -> float:
            vectors = augment(passages, sums[of], counts[of], added)
            return float(((questions @ vectors.T).argmax(axis=1) == np.arange(rows))[asked].mean())

        own = hits(np.arange(rows))
        gains.append(own - hits(partners))
        gains_over_rotation.append(own - hits(np.roll(np.arange(rows), -(rows // 2))))
    error = np.std(gains) / 10
    assert abs(np.mean(gains)) < 3 * error < 0.01
    # What moves "has queries" to other passages is far from the same.
    assert abs(np.mean(gains_over_rotation)) > 0.05
