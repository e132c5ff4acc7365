from __future__ import annotations

import pytest

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.comparison.input_warnings import InputWarnings, numbers_hint
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion, Prediction

LANGUAGES = {"fi": ["f1", "f2"], "ru": ["r1"]}
GOLD = {name: GoldQuestion(name, "?", ("x",), name[0]) for name in ("f1", "f2", "r1")}


def test_a_sentence_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    warnings = InputWarnings()
    for _ in range(2):
        warnings.on_questions_of_run("new", ["f1", "r1", "x"], LANGUAGES, GOLD)
    assert caplog.messages == [
        "new: 1 of its 3 questions are unknown (x); they do not count",
        "new: no ranking of 1 of the 3 questions (fi 1); they count as misses",
    ]


def test_a_run_of_other_questions_is_too_odd() -> None:
    with pytest.raises(InvalidInput, match=r"new: none of its 1 questions \(x\) is among the 3 that count"):
        InputWarnings().on_questions_of_run("new", ["x"], LANGUAGES, GOLD)


def test_passages_that_nobody_judged(caplog: pytest.LogCaptureFixture) -> None:
    warnings = InputWarnings()
    warnings.on_passages_of_run("new", {"f1": ["a", "d1"]}, {"f1": {"d1": 1}})
    assert caplog.messages == []
    warnings.on_passages_of_run("new", {"f1": ["a", "b", "c", "e"]}, {"f1": {"d1": 1}})
    assert caplog.messages[0].startswith("new: none of its passages (a, b, c, ...) is in the qrels (d1)")


def test_questions_without_judgements_and_judgements_without_question(caplog: pytest.LogCaptureFixture) -> None:
    warnings = InputWarnings()
    warnings.on_judgements(None, "the qrels", {"f1": {"d": 1}})
    assert caplog.messages == []
    warnings.on_judgements(LANGUAGES, "the topics", {"f1": {"d": 1}, "x": {"d": 1}})
    assert [message.split(" are ")[0] for message in caplog.messages] == [
        "2 of the 3 questions of the topics",
        "1 of the 2 questions of the qrels",
    ]


def test_the_questions_that_tie_at_a_judged_passage_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    qrels = {"f1": {"d1": 1}, "f2": {"d2": 0, "d9": 1}, "r1": {"d3": 1}}
    warnings = InputWarnings()
    warnings.on_ties("new", {"r1": {"a", "b"}, "x": {"d1", "d2"}}, qrels)
    assert caplog.messages == []
    warnings.on_ties("new", {"f1": {"a", "d1"}, "f2": {"d2", "b"}, "r1": {"a", "b"}}, qrels)
    assert caplog.messages[0].startswith(
        "new: in 2 of the 3 judged questions (f1, f2) a judged passage has the score of another one; their order is "
        "that of the run's lines"
    )


@pytest.mark.parametrize(
    ("found", "expected", "said"),
    [
        (["1"], ["x", "001"], ". Pyserini turns ids that are whole numbers into such, 001 into 1: "),
        (["-5"], ["-05"], "-05 into -5"),
        (["7"], ["+7"], "+7 into 7"),
        (["1"], ["1"], ""),
        (["2"], ["001"], ""),
        (["1"], ["a01", "0 1", "٠١", "0" * 5000 + "1"], ""),
    ],
)
def test_ids_that_pyserini_made_numbers_of_are_hinted_at(found: list[str], expected: list[str], said: str) -> None:
    hint = numbers_hint(found, expected)
    assert said in hint if said else hint == ""


def test_answers_that_say_nothing(caplog: pytest.LogCaptureFixture) -> None:
    more = {"n": GoldQuestion("n", "?", ("no",), "fi"), "e": GoldQuestion("e", "?", ("",), "fi")}
    InputWarnings().on_gold(GOLD | more)
    first, second = caplog.messages
    assert first.startswith("1 of the 5 gold questions have no answer but yes and no (n)")
    assert second.startswith("1 of the 5 gold questions have an empty answer (e)")


def test_predictions_that_the_official_script_counts_otherwise(caplog: pytest.LogCaptureFixture) -> None:
    given = [Prediction("f1", "f", ["x"]), Prediction("f1", "f", ["x"]), Prediction("r1", "f", ["x"])]
    InputWarnings().on_predictions("new", given, LANGUAGES, GOLD)
    missing, twice, others = caplog.messages
    assert "passes over the 1 questions without a prediction" in missing
    assert "1 predictions are of a question that was there before" in twice
    assert "1 predictions name another language than the gold file (r1)" in others


def test_a_language_with_a_blank_is_no_other_language(caplog: pytest.LogCaptureFixture) -> None:
    gold = {name: GoldQuestion(name, "?", ("x",), " fi") for name in ("f1", "f2")}
    languages = {" fi": ["f1", "f2"]}
    InputWarnings().on_predictions("new", [Prediction("f1", "fi", []), Prediction("f2", "fi", [])], languages, gold)
    assert caplog.messages == []
    InputWarnings().on_predictions("new", [Prediction("f1", "fi", []), Prediction("f2", " fi", [])], languages, gold)
    assert "1 predictions name another language than the gold file (f1)" in caplog.messages[0]
