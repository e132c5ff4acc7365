from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pyserini_xqg.evaluation.alignment import similarity as module
from pyserini_xqg.evaluation.alignment.pair_measures import MEASURES, pair_values
from pyserini_xqg.evaluation.alignment.similarity import SIMILARITIES
from tests.evaluation.alignment.pairs import by_hand, pairs

Array = npt.NDArray[Any]


@pytest.mark.parametrize("name", SIMILARITIES)
@pytest.mark.parametrize("size", [2, 7, 40])
def test_measures_are_those_by_brute_force(name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 16)
    english, others = pairs(size, size)
    scores, cosines = by_hand(english, others, name), by_hand(english, others, "cosine")
    found = pair_values(english, others, name)
    assert set(found) == set(MEASURES)
    for i in range(size):
        rest = [j for j in range(size) if j != i]
        from_english = 1 + sum(scores[i][j] >= scores[i][i] for j in rest)
        to_english = 1 + sum(scores[j][i] >= scores[i][i] for j in rest)
        apart = cosines[i][i] - np.mean([[cosines[i][j], cosines[j][i]] for j in rest])
        expected = {
            "A@1": ((from_english == 1) + (to_english == 1)) / 2,
            "A@1 to English": float(to_english == 1),
            "A@1 from English": float(from_english == 1),
            "MRR to English": 1 / to_english,
            "MRR from English": 1 / from_english,
            "mutual": float(from_english == to_english == 1),
            "cosine margin": apart,
        }
        assert {measure: values[i] for measure, values in found.items()} == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", SIMILARITIES)
def test_an_encoder_that_says_the_same_of_all_gets_nothing(name: str) -> None:
    same = np.ones((9, 8), dtype=np.float32)
    found = pair_values(same, same, name)
    assert not found["A@1"].any() and not found["mutual"].any()
    np.testing.assert_allclose(found["MRR to English"], 1 / 9)
    np.testing.assert_allclose(found["cosine margin"], 0, atol=1e-12)


def test_the_same_sentence_in_both_languages_is_found() -> None:
    english, _ = pairs(5, 20)
    for name in ("cosine", "margin", "csls"):
        assert pair_values(english, english, name)["mutual"].all()


def test_csls_finds_its_way_around_a_hub() -> None:
    # All sentences of the other language lean towards the first English one, and a little towards their own.
    english = np.eye(6, dtype=np.float32)
    others = np.eye(6, dtype=np.float32) * 0.8
    others[:, 0] = 1
    assert pair_values(english, others, "cosine")["A@1 to English"].sum() == 1
    assert pair_values(english, others, "csls")["A@1 to English"].sum() == 6
