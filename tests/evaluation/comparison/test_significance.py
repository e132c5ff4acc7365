from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy import stats

from pyserini_xqg.evaluation.comparison.significance import (
    PairedTest,
    compare,
    exchanged,
    holm,
    mcnemar,
    randomisation,
    t_test,
)

# Darwin's maize, crossed against self-fertilised, in eighths of an inch: Fisher's (1935) own example of the test.
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_mcnemar_is_the_binomial_test_on_the_discordant_pairs() -> None:
    old = [False] * 8 + [True] * 2 + [True] * 5 + [False] * 5
    new = [True] * 8 + [False] * 2 + [True] * 5 + [False] * 5
    comparison = mcnemar(old, new)
    # 2 * P(X <= 2), X ~ Bin(10, 1/2): 2 * (1 + 10 + 45) / 1024
    assert comparison == PairedTest(8, 2, pytest.approx(112 / 1024), 10, "mcnemar", None)


def test_equal_systems_do_not_differ() -> None:
    assert mcnemar([True, False], [True, False]).p == 1
    assert randomisation([0.5, 0.25], [0.5, 0.25]) == PairedTest(0, 0, 1, 2, "randomisation", None)


def test_randomisation_gives_fishers_figure_for_darwins_maize() -> None:
    # Fisher counts 863 of the 32,768 exchanges at least as large on one side: p = 2 * 863 / 2**15.
    exact = randomisation([0] * 15, DARWIN, resamples=2**15)
    assert exact.p == pytest.approx(1726 / 32768)
    drawn = randomisation([0] * 15, DARWIN)
    assert drawn.p != exact.p
    assert drawn.p == pytest.approx(exact.p, abs=0.007)
    assert (drawn.won, drawn.tied, drawn.lost) == (13, 0, 2)
    # His t is 2.148 with 14 degrees of freedom.
    assert drawn.t_test == pytest.approx(2 * stats.t.sf(2.148, 14), abs=1e-4)


def test_randomisation_counts_all_exchanges_of_few_questions() -> None:
    old, new = [0.1, 0.5, 0.2, 0.9, 0.4, 0.4], [0.6, 0.25, 1.0, 1.0, 0.5, 0.4]
    differences = [b - a for a, b in zip(old, new, strict=True)]
    observed = abs(sum(differences))
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in product((1, -1), repeat=6)]
    expected = sum(value >= observed - 1e-9 for value in sums) / len(sums)
    comparison = randomisation(old, new)
    assert comparison.p == pytest.approx(expected)
    assert (comparison.won, comparison.tied, comparison.lost) == (4, 1, 1)
    assert comparison.t_test == pytest.approx(stats.ttest_rel(new, old).pvalue)


def test_the_same_values_give_the_same_p_and_the_sides_may_change() -> None:
    chance = random.Random(5)
    old, new = ([chance.random() for _ in range(50)] for _ in range(2))
    assert randomisation(old, new) == randomisation(old, new)
    turned = randomisation(new, old)
    assert (turned.won, turned.lost) == (randomisation(old, new).lost, randomisation(old, new).won)
    assert turned.p == pytest.approx(randomisation(old, new).p, abs=0.02)
    assert randomisation(old, new).p != randomisation(old, new, seed=1).p


def test_one_question_says_nothing() -> None:
    assert randomisation([0.1], [0.9]) == PairedTest(1, 0, 1, 0, "randomisation", None)
    assert compare([0], [1]) == PairedTest(1, 0, 1, 0)


def test_two_questions_say_little() -> None:
    # Two of the four exchanges are as far apart: both ways round.
    assert randomisation([0, 0], [0.5, 0.25]).p == 0.5
    assert randomisation([0, 0, 0.75], [0.5, -0.25, 0.75]).p == 1


def test_no_questions_say_nothing_either() -> None:
    assert compare([], []) == PairedTest(0, 0, 1)
    assert randomisation([], []).p == 1


def test_the_t_test_is_not_defined_where_all_differ_alike() -> None:
    assert t_test([0.1, 0.2, 0.4], [0.2, 0.3, 0.5]) is None
    assert t_test([0.1, 0.2, 0.4], [0.2, 0.3, 0.6]) is not None
    # Seven out of seven, by counting: both extremes of 2**7.
    assert randomisation([0.5] * 7, [0.75] * 7).p == pytest.approx(2 / 2**7)


def test_rounding_is_no_difference() -> None:
    assert randomisation([0.1 + 0.2], [0.3]) == PairedTest(0, 0, 1, 1, "randomisation", None)


def test_values_of_other_questions_cannot_be_compared() -> None:
    for test in (mcnemar, randomisation, t_test):
        with pytest.raises(ValueError):
            test([1, 0], [1])  # type: ignore[operator]


def test_the_test_fits_the_values() -> None:
    assert compare([0, 1.0, 0.0, 1], [1, 1, 1, 0]).test == "mcnemar"
    assert compare([0, 1.0, 0.0, 1], [1, 1, 0.5, 0]).test == "randomisation"


def hits(chance: random.Random) -> list[float]:
    return [float(chance.random() < 0.5) for _ in range(60)]


def reciprocal_ranks(chance: random.Random) -> list[float]:
    return [1 / rank if (rank := chance.randint(1, 12)) <= 10 else 0.0 for _ in range(60)]


@pytest.mark.parametrize(
    ("values", "test", "rate"),
    # McNemar's test is exact, and careful: it reaches less than what is claimed.
    [
        (hits, lambda a, b: compare(a, b).p, (0.01, 0.06)),
        (reciprocal_ranks, lambda a, b: randomisation(a, b, resamples=499).p, (0.03, 0.07)),
        (reciprocal_ranks, t_test, (0.03, 0.07)),
    ],
    ids=["mcnemar", "randomisation", "t-test"],
)
@pytest.mark.slow
def test_the_false_alarm_rate_under_the_null_is_what_is_claimed(
    values: Callable[[random.Random], list[float]],
    test: Callable[[list[float], list[float]], float],
    rate: tuple[float, float],
) -> None:
    chance = random.Random(3)
    alarms = sum(test(values(chance), values(chance)) < 0.05 for _ in range(800))
    assert rate[0] <= alarms / 800 <= rate[1]


def test_a_real_difference_is_found() -> None:
    chance = random.Random(4)
    old = reciprocal_ranks(chance)
    new = [min(1.0, value + 0.2 * chance.random()) for value in old]
    assert randomisation(old, new).p < 0.001


def test_clusters_are_exchanged_as_one() -> None:
    # Six questions of three clusters: of the eight exchanges of (3, 3, 3) two are as far from zero.
    old, new = [0.0] * 6, [1.0, 2.0, 1.5, 1.5, 2.5, 0.5]
    found = randomisation(old, new, [0, 0, 1, 1, 2, 2])
    assert (found.won, found.tied, found.lost, found.p) == (6, 0, 0, 2 / 8)
    # (3, 4, 5): all but the two extremes are nearer.
    assert randomisation(old, [1, 2, 2, 2, 3, 2], [7, 7, 1, 1, 2, 2]).p == 2 / 8
    # Within a cluster a gain and a loss cancel out.
    assert randomisation([0, 1], [1, 0], [0, 0]).p == 1


def test_hits_of_clusters_are_not_for_mcnemar() -> None:
    old, new = [0.0] * 12, [1.0] * 6 + [0.0] * 6
    assert compare(old, new).test == "mcnemar" and compare(old, new).p == 2 / 64
    by_two = compare(old, new, [number // 2 for number in range(12)])
    assert (by_two.test, by_two.p) == ("randomisation", 2 / 8)
    single = compare(old, new, list(range(12)))
    assert (single.test, single.p) == ("mcnemar", 2 / 64)


def test_differences_of_one_size_are_counted_and_not_drawn() -> None:
    chance = np.random.default_rng(2)
    signs = np.where(chance.random(200) < 0.6, 1.0, -1.0)
    assert exchanged(signs / 7) == pytest.approx(stats.binomtest(int((signs > 0).sum()), 200, 0.5).pvalue)


def test_the_t_test_of_clusters_is_that_of_their_sums_where_they_are_as_large() -> None:
    chance = np.random.default_rng(3)
    new = chance.normal(0.2, 1, 60)
    numbers = np.arange(60) // 3
    sums = new.reshape(20, 3).sum(axis=1)
    assert t_test([0.0] * 60, new.tolist(), numbers) == pytest.approx(stats.ttest_1samp(sums, 0).pvalue)
    assert t_test([0.0] * 60, new.tolist()) == pytest.approx(stats.ttest_1samp(new, 0).pvalue)
    assert t_test([0.0] * 3, [0.1, 0.2, 0.3], [4, 4, 4]) is None


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1, "b": 1}
