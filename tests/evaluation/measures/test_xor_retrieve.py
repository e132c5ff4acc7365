from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion, Prediction, read_gold
from pyserini_xqg.evaluation.measures.recall_at_tokens import Words
from pyserini_xqg.evaluation.measures.tokenization import word_tokenize
from pyserini_xqg.evaluation.measures.xor_retrieve import CountedPrediction, Evaluation, evaluate, names_in_gold


def gold(**answers: Sequence[str]) -> dict[str, GoldQuestion]:
    return {identifier: GoldQuestion(identifier, "?", tuple(given), "ar") for identifier, given in answers.items()}


def counts(evaluation: Evaluation, tokens: int = 2000) -> dict[str, tuple[int, int]]:
    return {each: (evaluation.hits(each, tokens), evaluation.count(each)) for each in evaluation.languages}


HIT, MISS = ["Paris is large"], ["London is large"]
GOLD = gold(q1=["Paris"], q2=["Paris", "yes"], q3=["yes"], q4=["no", "yes"], q5=[])

# Each case: predictions (id, language, passages), and hits and counts per language in the order of the rows.
CASES = {
    "a hit and a miss": ([("q1", "ar", HIT), ("q2", "ar", MISS)], {"ar": (1, 2)}),
    "the language is the prediction's, not the question's": ([("q1", "fi", HIT)], {"fi": (1, 1)}),
    "languages are told apart to the letter": ([("q1", "ar", HIT), ("q2", " ar", HIT)], {"ar": (1, 1), " ar": (1, 1)}),
    "rows are in the order of their first prediction": (
        [("q1", "te", HIT), ("q2", "ar", MISS), ("q1", "te", MISS)],
        {"te": (1, 2), "ar": (0, 1)},
    ),
    "an unknown id is passed over": ([("q1", "ar", HIT), ("nowhere", "ar", HIT)], {"ar": (1, 1)}),
    "but its language has a row": ([("nowhere", "fi", HIT), ("q1", "ar", HIT)], {"fi": (0, 0), "ar": (1, 1)}),
    "a question with only yes does not count": ([("q1", "ar", HIT), ("q3", "ar", ["yes"])], {"ar": (1, 1)}),
    "nor one with yes and no": ([("q4", "ja", ["no"]), ("q1", "ar", HIT)], {"ja": (0, 0), "ar": (1, 1)}),
    "nor one without answers": ([("q5", "ja", HIT), ("q1", "ar", HIT)], {"ja": (0, 0), "ar": (1, 1)}),
    "one with yes and more does": ([("q2", "ar", ["yes"])], {"ar": (0, 1)}),
    "a question predicted twice counts twice": ([("q1", "ar", HIT), ("q1", "ar", HIT)], {"ar": (2, 2)}),
    "with what each of them found": ([("q1", "ar", HIT), ("q1", "ar", MISS)], {"ar": (1, 2)}),
    "a prediction without passages is a miss": ([("q1", "ar", []), ("q2", "ar", HIT)], {"ar": (1, 2)}),
    "a question without a prediction does not count": ([("q1", "ar", HIT)], {"ar": (1, 1)}),
}


@pytest.mark.parametrize(("predictions", "expected"), CASES.values(), ids=CASES)
def test_counts_by_hand(predictions: list[tuple[str, str, list[str]]], expected: dict[str, tuple[int, int]]) -> None:
    found = counts(evaluate(GOLD, (Prediction(*each) for each in predictions)))
    assert list(found.items()) == list(expected.items())


def test_the_mean_is_over_languages_with_a_count_each_weighing_the_same() -> None:
    # ar 1 of 3, fi 1 of 1, ja counts nothing: (100/3 + 100) / 2.
    rows = [("q1", "ar", HIT), ("q1", "ar", MISS), ("q2", "ar", MISS), ("q1", "fi", HIT), ("q3", "ja", HIT)]
    evaluation = evaluate(GOLD, [Prediction(*row) for row in rows])
    assert evaluation.recall(2000) == {"ar": 100 / 3, "fi": 100}
    assert evaluation.mean_recall(2000) == pytest.approx(200 / 3)


def test_outcomes_are_the_counted_predictions_in_their_order() -> None:
    far = ["x " * 2500 + "Paris"]
    rows = [("q2", "ar", far), ("q3", "ar", HIT), ("nowhere", "ar", HIT), ("q1", "fi", HIT)]
    evaluation = evaluate(GOLD, [Prediction(*row) for row in rows])
    assert evaluation.outcomes == [
        CountedPrediction("q2", "ar", {2000: False, 5000: True}),
        CountedPrediction("q1", "fi", {2000: True, 5000: True}),
    ]
    assert (evaluation.mean_recall(2000), evaluation.mean_recall(5000)) == (50, 100)


def test_questions_that_would_have_counted_and_have_no_prediction_are_named() -> None:
    assert evaluate(GOLD, [Prediction("q2", "ar", HIT)]).unanswered == ["q1"]


def test_nothing_to_count_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="none of the 2 predicted questions is among the 5 gold questions"):
        evaluate(GOLD, [Prediction("nowhere", "ar", HIT), Prediction("q3", "ar", HIT)])


def test_the_reading_by_words_is_only_taken_when_asked_for() -> None:
    prediction = Prediction("q1", "ar", ["paris"])
    assert evaluate(GOLD, [prediction]).mean_recall(2000) == 0
    assert evaluate(GOLD, [prediction], matcher=Words).mean_recall(2000) == 100


@pytest.mark.parametrize(
    ("predicted", "gold", "names"),
    [
        (["ar"], [" ar", "fi"], {"ar": " ar"}),
        ([" ar"], ["ar"], {" ar": "ar"}),
        (["ar", " ar"], [" ar"], {"ar": "ar", " ar": " ar"}),
        (["ar", "ar "], [" ar"], {"ar": " ar", "ar ": "ar "}),
        (["te", "fi"], ["fi"], {"te": "te", "fi": "fi"}),
    ],
)
def test_a_language_is_named_as_in_the_gold_file(predicted: list[str], gold: list[str], names: dict[str, str]) -> None:
    assert names_in_gold(predicted, gold) == names


COUNTED = {"ar": 309, "bn": 304, "fi": 314, "ja": 241, "ko": 285, "ru": 237, "te": 238}
# Table 2 of the xQG paper (Zhuang et al., 2023): per cent of the counted dev questions, and the mean.
PUBLISHED = {
    "R@2kt mBERT": ("41.10 49.01 52.23 37.34 48.07 33.33 48.32", "44.20"),
    "R@2kt xQG": ("42.39 54.93 54.14 33.61 52.28 33.76 52.52", "46.23"),
    "R@5kt mBERT": ("49.19 57.57 58.60 42.74 57.54 41.35 55.88", "51.84"),
    "R@5kt xQG": ("51.46 60.53 58.28 43.57 58.60 40.93 60.08", "53.35"),
}


@pytest.mark.parametrize(("cells", "mean"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_figures_are_hits_over_the_counted_questions(cells: str, mean: str) -> None:
    outcomes = []
    for (language, count), cell in zip(COUNTED.items(), cells.split(), strict=True):
        found = round(float(cell) * count / 100)
        outcomes += [CountedPrediction(f"{language}{n}", language, {2000: n < found}) for n in range(count)]
    evaluation = Evaluation(list(COUNTED), outcomes, [])
    assert [f"{value:.2f}" for value in evaluation.recall(2000).values()] == cells.split()
    assert f"{evaluation.mean_recall(2000):.2f}" == mean


def test_the_dev_questions_that_count_are_as_many_as_the_paper_had(shared_data: Path) -> None:
    questions = read_gold(shared_data / "xor-tydi" / "xor_dev_retrieve_eng_span_v1_1.jsonl")
    assert len(questions) == 2110
    answered = [Prediction(each.id, each.language, each.answers) for each in questions.values()]
    evaluation = evaluate(questions, answered)
    assert {language: evaluation.count(language) for language in sorted(evaluation.languages)} == COUNTED
    assert evaluation.unanswered == []
    # The most that is possible: 211 answers do not match themselves, because tokenisation takes them apart.
    assert sum(evaluation.hits(language, 2000) for language in COUNTED) == 1928 - 211


def straightforward(
    gold: dict[str, GoldQuestion], predictions: list[Prediction], limit: int
) -> dict[str, dict[str, int]]:
    """The evaluation as it is described, with nothing done to be quick."""
    rows: dict[str, dict[str, int]] = {}
    for prediction in predictions:
        row = rows.setdefault(prediction.language, {"count": 0, "hit": 0})
        if prediction.id not in gold:
            continue
        spans = [answer for answer in gold[prediction.id].answers if answer not in ["yes", "no"]]
        if not spans:
            continue
        row["count"] += 1
        tokens: list[str] = []
        for passage in prediction.passages:
            tokens += word_tokenize(passage)
            if len(tokens) >= limit:
                break
        text = " ".join(tokens[:limit])
        if any(span in text for span in spans):
            row["hit"] += 1
    return {language: row for language, row in rows.items() if row["count"] > 0}


IDS = st.sampled_from(["q1", "q2", "q3", "q4"])
ANSWER = st.sampled_from(["yes", "no", "", "a", "b a", "5%", "a, b", "New York"])
PASSAGE = st.lists(st.sampled_from(["a", "b", "5%", "a,", "New", "York", "yes", '"']), max_size=5).map(" ".join)


@settings(deadline=None, max_examples=300)
@given(
    answers=st.dictionaries(IDS, st.lists(ANSWER, max_size=3)),
    rows=st.lists(st.tuples(IDS, st.sampled_from(["ar", "fi"]), st.lists(PASSAGE, max_size=4)), max_size=6),
)
def test_figures_are_those_of_the_straightforward_evaluation(
    answers: dict[str, list[str]], rows: list[tuple[str, str, list[str]]]
) -> None:
    questions, predictions = gold(**answers), [Prediction(*row) for row in rows]
    expected = {limit: straightforward(questions, predictions, limit) for limit in (3, 7)}
    if not expected[3]:
        with pytest.raises(InvalidInput, match="none of the"):
            evaluate(questions, predictions, (3, 7))
        return
    evaluation = evaluate(questions, predictions, (3, 7))
    for limit, by_language in expected.items():
        recall = {language: 100 * row["hit"] / row["count"] for language, row in by_language.items()}
        assert evaluation.recall(limit) == recall
        assert evaluation.mean_recall(limit) == sum(recall.values()) / len(recall)
    assert all(evaluation.recall(7)[each] >= value for each, value in evaluation.recall(3).items())
