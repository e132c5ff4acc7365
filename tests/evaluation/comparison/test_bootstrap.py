from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pyserini_xqg.evaluation.comparison.bootstrap import ResampledMeans, resampled_means


def apart(values: Sequence[Sequence[float]], resamples: int = 9999) -> ResampledMeans:
    """A row for each language, each question a cluster of its own."""
    rows = {str(number): np.array([row], dtype=float) for number, row in enumerate(values)}
    clusters = np.split(np.arange(sum(map(len, values))), np.cumsum([len(row) for row in values])[:-1])
    return resampled_means(rows, dict(zip(rows, clusters, strict=True)), resamples)


def interval_of(values: Sequence[Sequence[float]], confidence: float = 0.95) -> tuple[float, float]:
    found = apart(values).interval(0, [str(number) for number in range(len(values))], confidence)
    assert found is not None
    return found


def test_the_interval_of_one_language_is_that_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(0.1, 1, 400)
    interval = interval_of([values.tolist()])
    spread = values.std(ddof=1) / 20
    expected = (values.mean() - 1.96 * spread, values.mean() + 1.96 * spread)
    assert interval == pytest.approx(expected, abs=0.1 * spread)
    wider = interval_of([values.tolist()], confidence=0.99)
    assert wider[0] < interval[0] < interval[1] < wider[1]


def test_few_clusters_get_students_interval() -> None:
    values = np.random.default_rng(1).normal(0, 1, 6)
    low, high = interval_of([values.tolist()])
    spread = values.std(ddof=1) / np.sqrt(6)
    # 2.571: the 97.5 % point of t with 5 degrees of freedom.
    assert (high - low) / (2 * spread) == pytest.approx(2.571, rel=0.1)


def test_the_interval_gives_each_language_the_same_weight() -> None:
    # The mean is (0.2 + 0.6) / 2, however many questions there are.
    values = [[0.1, 0.3] * 500, [0.5, 0.7] * 5]
    interval = interval_of(values)
    spread = np.sqrt(0.01 / 999 + 0.01 / 9) / 2
    assert interval == pytest.approx((0.4 - 1.96 * spread, 0.4 + 1.96 * spread), abs=0.2 * spread)
    assert interval_of(values) == interval


def test_the_interval_where_nothing_varies() -> None:
    assert interval_of([[0.0] * 5, [0.0] * 2]) == (0, 0)
    assert interval_of([[0.25] * 5, [0.25] * 2]) == pytest.approx((0.25, 0.25))


def test_one_cluster_says_nothing() -> None:
    values = {"fi": np.array([[0.0, 1.0, 1.0]]), "ru": np.array([[0.0, 1.0]])}
    found = resampled_means(values, {"fi": np.array([0, 0, 0]), "ru": np.array([1, 2])})
    assert found.interval(0, ["fi"]) is None and found.interval(0, ["fi", "ru"]) is None
    assert found.interval(0, ["ru"]) is not None


def test_rows_share_the_draws_of_their_questions() -> None:
    values = np.random.default_rng(1).normal(0, 1, (3, 20))
    values[2] = values[0] - 2 * values[1]
    clusters = {"fi": np.arange(20)}
    means = resampled_means({"fi": values}, clusters, 2500).means["fi"]
    assert means.shape == (3, 2500)
    np.testing.assert_allclose(means[2], means[0] - 2 * means[1], atol=1e-12)
    np.testing.assert_allclose(means[:1], resampled_means({"fi": values[:1]}, clusters, 2500).means["fi"], atol=1e-12)
    np.testing.assert_allclose(means.var(axis=1), values.var(axis=1, ddof=1) / 20, rtol=0.15)


def test_translations_are_drawn_together_and_other_questions_apart() -> None:
    values = np.random.default_rng(2).normal(0, 1, (1, 30))
    rows = {"fi": values, "ru": -values, "sw": values}
    found = resampled_means(rows, {"fi": np.arange(30), "ru": np.arange(30), "sw": 30 + np.arange(30)}, 500)
    assert {(frozenset(languages), clusters) for languages, clusters in found.strata} == {
        (frozenset({"fi", "ru"}), 30),
        (frozenset({"sw"}), 30),
    }
    # What is drawn of a question in Finnish is drawn of it in Russian.
    np.testing.assert_allclose(found.means["fi"], -found.means["ru"], atol=1e-12)
    assert found.interval(0, ["fi", "ru"]) == pytest.approx((0, 0))
    assert np.abs(np.corrcoef(found.means["fi"][0], found.means["sw"][0])[0, 1]) < 0.2


def test_questions_of_a_cluster_come_and_go_as_one() -> None:
    # Twelve questions, of four clusters with one value each: as wide as four questions.
    values = np.array([[0.0] * 3 + [1.0] * 3 + [0.0] * 3 + [1.0] * 3])
    by_three = resampled_means({"fi": values}, {"fi": np.arange(12) // 3}).interval(0, ["fi"])
    of_four = resampled_means({"fi": values[:, ::3]}, {"fi": np.arange(4)}).interval(0, ["fi"])
    assert by_three == pytest.approx(of_four)


def test_a_language_that_is_not_drawn_does_not_count() -> None:
    # One of a hundred clusters has the only two Swahili questions but one.
    rows = {"fi": np.ones((1, 100)), "sw": np.ones((1, 2))}
    found = resampled_means(rows, {"fi": np.arange(100), "sw": np.array([3, 4])}, 2000)
    assert 0.05 < np.isnan(found.means["sw"]).mean() < 0.25
    assert found.interval(0, ["fi", "sw"]) == pytest.approx((1, 1))
