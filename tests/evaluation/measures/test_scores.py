from __future__ import annotations

import ir_measures
import pytest
from ir_measures import RR, P, Success

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion, Prediction, predictions_of_run
from pyserini_xqg.evaluation.measures.scores import parse_measures, score_predictions, score_run
from pyserini_xqg.evaluation.measures.tokens_measure import RTokens, RWords, passages_and_answers

QRELS = {"q1": {"a": 1}, "q2": {"b": 1}, "q3": {"c": 1}}
RUN = {"q1": ["a", "b"], "q2": ["a", "b"], "unknown": ["a"]}
TEXTS = {"a": "Paris is large", "b": "London is small"}
GOLD = {
    "q1": GoldQuestion("q1", "?", ("paris", "Paris"), "fi"),
    "q2": GoldQuestion("q2", "?", ("Rome",), "fi"),
    "q3": GoldQuestion("q3", "?", ("Paris",), "ru"),
    "q4": GoldQuestion("q4", "?", ("yes",), "ru"),
}


def test_measures_are_split_at_commas_outside_brackets() -> None:
    given = ["RR@10, Success@1", "P(rel=1,judged_only=True)@5,R@2kt", "RR@10"]
    assert parse_measures(given) == [RR @ 10, Success @ 1, P(rel=1, judged_only=True) @ 5, RTokens @ 2000]


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("nothing@3", "'nothing@3' is no measure (measure not found"),
        ("P", "'P' is no measure (its number after @ is missing or wrong)"),
        ("RTokens", "its number after @"),
        ("RR@10,", "'' is no measure"),
        ("R@0kt", "no whole number of tokens"),
        ("P(foo=1)@5", "'P(foo=1)@5' is no measure"),
        ("__import__('os')", "is no measure"),
    ],
)
def test_a_wrong_name_is_named(name: str, fragment: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_measures([name])
    assert fragment in str(caught.value)


def test_questions_may_have_any_name_for_any_measure() -> None:
    qrels = {"fi:ä 1": {"a": 3, "b": 1}, "x": {"c": 1}}
    names = ["ERR@10", "nDCG(dcg='exp-log2')@10", "nDCG@10"]
    found = score_run({"fi:ä 1": ["b", "a"], "x": ["c"]}, qrels, parse_measures(names)).values
    assert {name: set(values) for name, values in found.items()} == {name: set(qrels) for name in found}
    numbers = score_run({"1": ["b", "a"], "2": ["c"]}, {"1": qrels["fi:ä 1"], "2": qrels["x"]}, parse_measures(names))
    assert [[*values.values()] for values in found.values()] == [
        [*values.values()] for values in numbers.values.values()
    ]
    # 1/16 for grade 1 first, then (2**3 - 1)/16 of the rest at rank 2.
    assert found["ERR@10"]["fi:ä 1"] == pytest.approx(1 / 16 + (15 / 16) * (7 / 16) / 2, abs=1e-5)


def test_values_of_a_run_by_hand() -> None:
    scores = score_run(RUN, QRELS, [Success @ 1, RR @ 10])
    assert scores.values == {"Success@1": {"q1": 1, "q2": 0, "q3": 0}, "RR@10": {"q1": 1, "q2": 0.5, "q3": 0}}
    assert set(scores.questions) == {"q1", "q2", "unknown"}


def test_a_measure_that_nothing_calculates() -> None:
    with pytest.raises(UsageError, match="alpha_nDCG@10: Unsupported measures"):
        score_run(RUN, QRELS, parse_measures(["alpha_nDCG@10"]))


def test_predictions_give_values_and_official_figures() -> None:
    predictions = [*predictions_of_run({"q1": ["a"], "q3": ["b", "a"]}, TEXTS, GOLD), Prediction("q2", "ru", [])]
    scores = score_predictions(GOLD, predictions, [RTokens @ 2000, RTokens @ 4, RWords @ 2000])
    assert scores.values == {
        "R@2kt": {"q1": 1, "q2": 0, "q3": 1},
        "R@0.004kt": {"q1": 1, "q2": 0, "q3": 1},
        "RWords@2kt": {"q1": 1, "q2": 0, "q3": 1},
    }
    # q2 counts where its prediction says, not where the gold file does.
    assert scores.official["R@2kt"].languages == {"fi": 1, "ru": 0.5}
    assert scores.official["R@2kt"].mean == 0.75


def test_of_a_question_predicted_twice_the_first_counts_and_officially_both() -> None:
    predictions = [Prediction("q1", "fi", ["Paris"]), Prediction("q1", "fi", ["Rome"]), Prediction("x", "fi", [])]
    scores = score_predictions(GOLD, predictions, [RTokens @ 2000])
    assert scores.values == {"R@2kt": {"q1": 1}}
    assert scores.official["R@2kt"].languages == {"fi": 0.5}


def test_both_ways_to_r_at_kt_agree() -> None:
    run = {"q1": ["b", "a"], "q2": ["a"], "q3": ["b"]}
    measures = [RTokens @ 2000, RTokens @ 3]
    answers = {identifier: question.answers for identifier, question in GOLD.items()}
    with passages_and_answers(TEXTS, answers):
        by_ids = score_run(run, {question: {} for question in run}, measures)
    by_texts = score_predictions(GOLD, predictions_of_run(run, TEXTS, GOLD), measures)
    assert (
        by_ids.values
        == by_texts.values
        == {"R@2kt": {"q1": 1, "q2": 0, "q3": 0}, "R@0.003kt": {"q1": 0, "q2": 0, "q3": 0}}
    )


# trec_eval sorts passages whose scores tie by their ids, b before a.
def test_passages_that_tie_stay_in_the_order_of_the_run() -> None:
    measures = [Success @ 1, RR @ 10]
    assert score_run({"q1": ["a", "b"]}, QRELS, measures).values["Success@1"]["q1"] == 1
    assert score_run({"q1": ["b", "a"]}, QRELS, measures).values["RR@10"]["q1"] == 0.5
    tied = {"q1": {"a": 1.0, "b": 1.0}}
    assert next(ir_measures.iter_calc([Success @ 1], {"q1": {"a": 1}}, tied)).value == 0
