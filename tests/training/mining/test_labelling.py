from __future__ import annotations

from typing import Any

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.training.mining.labelling import Candidate, Labelled, label_candidates
from pyserini_xqg.training.mining.rules.negatives import by_absence
from pyserini_xqg.training.mining.rules.sentri import by_answer_string
from pyserini_xqg.training.mining.settings import mining_settings

OWN = Passage("own", "the gold text")
EXAMPLE = TrainingExample("q", "where", "fi", (OWN,), (), ("Guinea",))


def passage(name: str, text: str | None = None, title: str = "") -> Passage:
    return Passage(name, text or f"text of {name}", title)


def ids(found: tuple[Passage, ...]) -> list[str]:
    return [each.id for each in found]


def labelled(scores: dict[str, float], own: tuple[float, ...], **given: Any) -> Labelled:
    candidates = [Candidate(passage(name), score) for name, score in scores.items()]
    settings = mining_settings({"recipe": "negatives", **given})
    return label_candidates(EXAMPLE, candidates, by_absence(EXAMPLE), settings, own)


def test_the_first_are_taken_and_what_the_question_had_stays() -> None:
    had = TrainingExample("q", "where", "fi", (OWN,), (passage("had"),), ("Guinea",))
    others = [*(passage(f"n{k}") for k in range(9)), *(passage(f"p{k}", f"Guinea {k}") for k in range(4))]
    found = [passage("had"), *others]
    settings = mining_settings({"recipe": "sentri", "positives": 2, "negatives": 3})
    result = label_candidates(had, list(map(Candidate, found)), by_answer_string(had), settings)
    assert ids(result.example.positives) == ["own", "p0", "p1"]
    assert ids(result.example.negatives) == ["had", "n0", "n1", "n2"]


@pytest.mark.parametrize(
    ("own", "given", "kept"),
    [
        ((10.0,), {}, ["c", "d"]),  # up to 9.5
        ((10.0,), {"margin": 0.2}, ["d"]),
        ((10.0,), {"margin": 0.0}, ["b", "c", "d"]),
        ((10.0,), {"margin": 0.3, "margin_kind": "absolute"}, ["b", "c", "d"]),
        ((10.0,), {"margin": 0.5, "margin_kind": "absolute"}, ["c", "d"]),
        ((10.0,), {"margin_kind": "none"}, ["a", "b", "c", "d"]),
        ((5.0, 10.0), {}, ["c", "d"]),  # the best positive counts
        ((-1.0,), {"margin": 0.5}, []),
        ((), {}, ["a", "b", "c", "d"]),
    ],
)
def test_what_scores_too_near_to_the_positive_is_no_negative(
    own: tuple[float, ...], given: dict[str, Any], kept: list[str]
) -> None:
    scores = {"a": 11.0, "b": 9.6, "c": 9.5, "d": 8.0}
    result = labelled(scores, own, **given)
    assert ids(result.example.negatives) == kept
    assert result.passed_over["too near to the positive"] == 4 - len(kept)


def test_the_margin_of_scores_below_zero_lies_below_them() -> None:
    assert ids(labelled({"a": -9.9, "b": -11.0}, (-10.0,)).example.negatives) == ["b"]
    assert ids(labelled({"a": -10.4, "b": -10.5}, (-10.0,)).example.negatives) == ["b"]


def test_positives_that_were_found_count_for_the_margin() -> None:
    example = TrainingExample("q", "where", answers=("Guinea",))
    found = [Candidate(passage("n"), 9.0), Candidate(passage("p", "Guinea"), 8.0), Candidate(passage("m"), 7.0)]
    settings = mining_settings({"recipe": "sentri", "margin_kind": "relative"})
    result = label_candidates(example, found, by_answer_string(example), settings)
    assert ids(result.example.negatives) == ["m"]
