from __future__ import annotations

import pytest

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.comparison.input_warnings import InputWarnings
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
