from __future__ import annotations

import random

import pytest

from pyserini_xqg.evaluation.significance import holm, mcnemar


def test_mcnemar_is_the_binomial_test_on_the_discordant_pairs() -> None:
    old = [False] * 8 + [True] * 2 + [True] * 5 + [False] * 5
    new = [True] * 8 + [False] * 2 + [True] * 5 + [False] * 5
    comparison = mcnemar(old, new)
    assert (comparison.won, comparison.lost) == (8, 2)
    # 2 * P(X <= 2), X ~ Bin(10, 1/2): 2 * (1 + 10 + 45) / 1024
    assert comparison.p == pytest.approx(112 / 1024)


def test_equal_systems_do_not_differ() -> None:
    assert mcnemar([True, False], [True, False]).p == 1


def test_the_false_alarm_rate_under_the_null_is_at_most_what_is_claimed() -> None:
    chance = random.Random(3)
    alarms = sum(
        mcnemar([chance.random() < 0.5 for _ in range(60)], [chance.random() < 0.5 for _ in range(60)]).p < 0.05
        for _ in range(400)
    )
    assert alarms / 400 < 0.07


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1, "b": 1}
