from __future__ import annotations

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.mining.settings import MiningInputs, mining_settings


def test_a_recipe_says_what_the_defaults_do_not() -> None:
    assert mining_settings({"recipe": "sentri"}).margin_kind == "none"
    assert mining_settings({"recipe": "negatives"}).margin_kind == "relative"
    assert mining_settings({"recipe": "negatives"}, {"recipe": "sentri", "depth": 9}).depth == 9
    assert mining_settings({"recipe": "negatives", "margin_kind": "none"}).margin_kind == "none"
    assert mining_settings({"recipe": "sentri", "languages": ("Finnish",)}).languages == ("fi",)


def test_the_place_of_the_reader_does_not_decide_on_the_data() -> None:
    here, there = (mining_settings({"recipe": "cora", "reader": place}) for place in ("a", "b"))
    assert here.identity() == there.identity()
    assert mining_settings({"recipe": "cora", "reader": "a", "depth": 9}).identity() != here.identity()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "no recipe is named; there are sentri, cora, negatives"),
        ({"recipe": "other"}, "recipe is 'other': one of sentri, cora, negatives is expected"),
        ({"recipe": "cora"}, "cora needs a model that answers questions: give --reader"),
        ({"recipe": "sentri", "reader": "m"}, "the recipe sentri reads nothing: leave --reader out, or take cora"),
        ({"recipe": "sentri", "depth": 0}, "depth is 0: at least 1"),
        ({"recipe": "sentri", "margin": -1.0}, "margin is -1.0: 0 or more"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        mining_settings(given)
    with pytest.raises(UsageError, match="no questions are named"):
        MiningInputs(questions=(), corpus="c")
