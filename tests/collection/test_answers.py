from __future__ import annotations

import pytest

from pyserini_xqg.collection.answers import AnswerMatcher, bare_answer, counted_answers, same_answer


@pytest.mark.parametrize(
    ("answers", "text", "is_there"),
    [
        (["Guinea"], "The river rises in GUINEA.", True),
        (["art"], "a party in Paris", False),
        (["May 5, 1945"], "It ended on May 5 1945 in the west", True),
        (["red sea"], "the red, dead sea", False),
        (["no such", "north"], "far to the north", True),
        (["yes"], "yes, it is", False),
        (["No."], "no, it is not", False),
        (["..."], "three dots ...", False),
        ([], "anything", False),
        (["東京"], "日本の首都は東京です", True),
        (["京東"], "日本の首都は東京です", False),
        (["1945"], "1945年に", True),
        (["1945"], "19455年に", False),
        (["गंगा"], "भारत में गंगा नदी", True),
        (["गं"], "भारत में गंगा नदी", False),
        (["Ｇｕｉｎｅａ"], "in Guinea", True),
    ],
)
def test_an_answer_is_found_as_words_in_a_row(answers: list[str], text: str, is_there: bool) -> None:
    assert AnswerMatcher(answers).found(text) is is_there


def test_what_cannot_be_looked_for_does_not_count() -> None:
    assert counted_answers(["yes", "No.", "", "?", "nobody", "Guinea"]) == ("nobody", "Guinea")
    assert not AnswerMatcher(["yes", ""])
    assert AnswerMatcher(["yes", "Guinea"])


@pytest.mark.parametrize(
    ("given", "answers", "is_same"),
    [
        ("The Niger.", ["niger"], True),
        ("an apple", ["Apple!"], True),
        ("Niger river", ["Niger"], False),
        ("Theodore", ["odore"], False),
        ("", [""], False),
        ("the", ["a"], False),
        ("5,000", ["5000"], True),
        ("«Гвинея»", ["гвинея"], True),
        ("right", ["wrong", "right"], True),
    ],
)
def test_answers_are_compared_as_squad_does(given: str, answers: list[str], is_same: bool) -> None:
    assert same_answer(given, answers) is is_same


def test_a_bare_answer_has_no_case_punctuation_articles_or_needless_blanks() -> None:
    assert bare_answer("  The  D.C. $ Area of   An «Ox» ") == "dc area of ox"
