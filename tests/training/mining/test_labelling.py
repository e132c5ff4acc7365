from __future__ import annotations

from typing import Any

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.training.mining.judges import by_absence, by_answer_string, by_reader
from pyserini_xqg.training.mining.labelling import Candidate, Labelled, label
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
    return label(EXAMPLE, candidates, by_absence(EXAMPLE), settings, own)


def test_an_answer_in_the_text_makes_a_positive_and_its_absence_a_negative() -> None:
    found = [
        passage("a", "It rises in Guinea."),
        passage("b", "New Guineans sang"),
        passage("c", "an island", "Guinea"),
        passage("d", "GUINEA, again"),
    ]
    example = TrainingExample("q", "where", answers=("Guinea",))
    settings = mining_settings({"recipe": "sentri"})
    result = label(example, list(map(Candidate, found)), by_answer_string(example), settings)
    assert ids(result.example.positives) == ["a", "d"]
    assert ids(result.example.negatives) == ["b"]
    assert result.passed_over == {"answer in the title only": 1}


def test_the_readers_right_answers_make_positives_whatever_the_text_holds() -> None:
    found = [passage("a", "It rises in Guinea."), passage("b"), passage("c"), passage("d")]
    example = TrainingExample("q", "where", answers=("Guinea", "yes"))
    judge = by_reader(example, ["the Congo", "The guinea.", "yes", ""])
    result = label(example, list(map(Candidate, found)), judge, mining_settings({"recipe": "cora", "reader": "r"}))
    assert ids(result.example.positives) == ["b"]
    assert ids(result.example.negatives) == ["a", "c", "d"]


def test_negatives_are_neither_positives_nor_hold_an_answer() -> None:
    found = [
        passage("own", "an earlier state of the gold text"),
        passage("copy", "The gold text."),
        passage("a"),
        passage("holds", "in Guinea"),
        passage("titled", "where else", "Guinea"),
        passage("twin", "Text of A!"),
        passage("b"),
    ]
    settings = mining_settings({"recipe": "negatives"})
    result = label(EXAMPLE, list(map(Candidate, found)), by_absence(EXAMPLE), settings)
    assert ids(result.example.positives) == ["own"]
    assert ids(result.example.negatives) == ["a", "b"]
    assert result.passed_over == {"has an answer": 1, "answer in the title only": 1, "same text twice": 1}


def test_the_first_are_taken_and_what_the_question_had_stays() -> None:
    had = TrainingExample("q", "where", "fi", (OWN,), (passage("had"),), ("Guinea",))
    others = [*(passage(f"n{k}") for k in range(9)), *(passage(f"p{k}", f"Guinea {k}") for k in range(4))]
    found = [passage("had"), *others]
    settings = mining_settings({"recipe": "sentri", "positives": 2, "negatives": 3})
    result = label(had, list(map(Candidate, found)), by_answer_string(had), settings)
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
    result = label(example, found, by_answer_string(example), settings)
    assert ids(result.example.negatives) == ["m"]
