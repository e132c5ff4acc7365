from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.data.validation import check_examples

RIGHT, WRONG = Passage("d1", "right"), Passage("d2", "wrong")


def example(identifier: str, question: str, **given: object) -> TrainingExample:
    return replace(TrainingExample(identifier, question, "fi", (RIGHT,), (WRONG,)), **given)  # type: ignore[arg-type]


def test_what_cannot_be_learned_from_is_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    examples = [
        example("1", "good"),
        example("2", ""),
        example("3", "no positive", positives=()),
        example("4", "only an empty positive", positives=(Passage("d", "", "title"),)),
        example("5", "negative is positive", negatives=(Passage("other-id", "right"), WRONG, Passage("e", ""))),
        example("6", "ruski", language="ru", negatives=()),
        example("1", "good"),
    ]
    with caplog.at_level(logging.WARNING, "pyserini_xqg"):
        checked = check_examples(examples, "train")
    assert [each.id for each in checked.examples] == ["1", "5", "6"]
    assert checked.examples[1].negatives == (WRONG,)
    assert checked.left_out == {
        "empty question": 1,
        "no positive": 2,
        "empty passage": 2,
        "negative that is a positive": 1,
        "repeated": 1,
    }
    assert checked.languages == {
        "fi": {"questions": 2, "positives": 2, "negatives": 2, "without negatives": 0},
        "ru": {"questions": 1, "positives": 1, "negatives": 0, "without negatives": 1},
    }
    assert "train: left out: " in caplog.text


def test_good_data_are_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    examples = [example("1", "a"), example("2", "b")]
    with caplog.at_level(logging.WARNING, "pyserini_xqg"):
        checked = check_examples(examples, "train")
    assert checked.examples == examples
    assert not checked.left_out
    assert not caplog.text


def test_languages_can_be_chosen() -> None:
    examples = [example("1", "a"), example("2", "b", language="en")]
    assert [each.id for each in check_examples(examples, "train", ("en",)).examples] == ["2"]
    with pytest.raises(InvalidInput, match="languages are en, fi, asked for were sw"):
        check_examples(examples, "train", ("sw",))


def test_questions_without_passages_can_be_kept_for_measures_of_texts() -> None:
    examples = [example("1", "a", positives=())]
    assert check_examples(examples, "dev", need_positives=False).examples == examples
    with pytest.raises(InvalidInput, match="no positive 1"):
        check_examples(examples, "dev")


def test_an_id_of_two_questions_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="'1' is that of two questions, 'a' and 'b'"):
        check_examples([example("1", "a"), example("1", "b")], "train")


def test_an_id_can_be_there_again_in_another_language_or_data_set() -> None:
    examples = [
        example("0", "a", data_set="/mr-tydi"),
        example("0", "b", data_set="/mr-tydi", language="ru"),
        example("0", "c", data_set="/miracl"),
    ]
    again = example("0", "a", data_set="/copy")
    checked = check_examples([*examples, again], "train")
    assert [each.question for each in checked.examples] == ["a", "b", "c"]
    assert checked.left_out == {"repeated": 1}
