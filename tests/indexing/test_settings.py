from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings


@pytest.mark.parametrize(
    ("chosen", "fragment"),
    [
        ({"alpha": 2}, "alpha is 2: a number from 0 to 1"),
        ({"alpha": -0.1}, "alpha is -0.1"),
        ({"alpha": float("nan")}, "alpha is nan"),
        ({"reduce_hubness": 1.5}, "reduce_hubness is 1.5"),
        ({"aggregate": "max"}, "aggregate is 'max': one of sum, mean"),
        ({"control": "random"}, "control is 'random': one of shuffled, mean"),
        ({"num_queries": 0}, "num_queries is 0: at least 1"),
        ({"alphas": {"fi": 1.5}}, "alpha of fi is 1.5: a number from 0 to 1"),
        ({"alphas": {"fi": 0.1, "Finnish": 0.2}}, "alpha fi=0.1,Finnish=0.2: each language is expected once"),
        ({"alphas": {"fi": 0.1}, "languages": ("fi", "sw")}, "the weights of fi, sw are expected"),
        ({"alphas": {"fi": 0.1}, "alpha": 0.3}, "alpha is 0.3 and fi=0.1: one of the two"),
    ],
)
def test_settings_that_cannot_be_are_usage_errors(chosen: dict[str, Any], fragment: str) -> None:
    with pytest.raises(UsageError) as caught:
        AugmentationSettings(**chosen)
    assert fragment in str(caught.value)


def test_languages_become_codes_in_order_and_once() -> None:
    assert AugmentationSettings(languages=("Telugu", "fin", "fi", "te")).languages == ("fi", "te")
    with pytest.raises(InvalidInput, match="unknown language 'Finish'"):
        AugmentationSettings(languages=("Finish",))


@pytest.mark.parametrize("languages", [None, ("fi", "te")])
def test_settings_come_back_from_a_manifest(languages: tuple[str, ...] | None) -> None:
    chosen = AugmentationSettings(0.5, "mean", languages, 3, True, 0.25, "shuffled", 7)
    values = {**asdict(chosen), "languages": None if languages is None else list(languages)}
    assert AugmentationSettings.from_dict(values) == chosen


def test_weights_of_languages_say_which_count_and_come_back_from_a_manifest() -> None:
    chosen = AugmentationSettings(alphas={"Russian": 0.5, "fi": 0.25})
    assert (chosen.alphas, chosen.languages, chosen.alpha) == ({"fi": 0.25, "ru": 0.5}, ("fi", "ru"), 0.375)
    assert chosen == AugmentationSettings.from_dict(chosen.to_dict())
    assert "alphas" not in AugmentationSettings().to_dict()


@pytest.mark.parametrize(
    ("chosen", "fragment"),
    [
        ({"factory": "auto"}, "auto chooses the form of the index by memory: give max_memory, such as 15G"),
        ({"max_memory": "lots"}, "max_memory is 'lots': a size such as 15G or 500M is expected"),
        ({"keep_first": (0,)}, "keep_first is (0,)"),
    ],
)
def test_a_form_that_cannot_be_is_a_usage_error(chosen: dict[str, Any], fragment: str) -> None:
    with pytest.raises(UsageError) as caught:
        IndexSettings(**chosen)
    assert fragment in str(caught.value)


def test_what_came_later_is_named_only_where_it_is_used() -> None:
    plain = {"factory": "Flat", "nprobe": None, "threads": None, "keep_vectors": False}
    assert IndexSettings().to_dict() == plain
    assert IndexSettings(ef_search=50, max_memory="1G").to_dict() == {**plain, "ef_search": 50, "max_memory": "1G"}
