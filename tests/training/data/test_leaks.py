from __future__ import annotations

import logging

import pytest

from pyserini_xqg.collection.answers import normalised
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.data.leaks import find_leaks, refuse_leaks, settle_leaks
from pyserini_xqg.training.data.validation import check_examples
from tests.training.data.test_validation import example


def test_a_planted_leak_is_found_by_id_by_text_and_by_its_english_form() -> None:
    train = [example("t1", "Missä Niger alkaa?"), example("t2", "Kuka?"), example("t3", "Qui?", english="Who is it?")]
    other = {"positives": (Passage("d9", "another"),)}
    dev = [example("x1", "jotain muuta", **other), example("x2", "toinen", **other)]
    assert not find_leaks(train, dev)
    by_id = find_leaks(train, [*dev, example("t2", "uusi", **other)])
    assert (by_id.ids, by_id.questions) == ((("t2", "t2"),), ())
    by_text = find_leaks(train, [*dev, example("x3", "missä NIGER alkaa", **other)])
    assert (by_text.ids, by_text.questions) == ((), (("t1", "x3"),))
    by_english = find_leaks(train, [*dev, example("x4", "Kuka se on?", english="who is it", **other)])
    assert by_english.questions == (("t3", "x4"),)
    for leaks, said in ((by_id, "t2"), (by_text, "t1 = x3"), (by_english, "t3 = x4")):
        with pytest.raises(InvalidInput, match=f"1 questions of dev .*: {said}.*--leaks drop"):
            refuse_leaks(leaks, "refuse")
        refuse_leaks(leaks, "allow")


def test_questions_of_dev_are_dropped_from_train_if_asked_to(caplog: pytest.LogCaptureFixture) -> None:
    train = check_examples(
        [
            example("t1", "Missä Niger alkaa?"),
            example("t2", "missä niger alkaa"),  # the same once more
            example("t3", "Qui?", english="Who is it?"),
            example("t4", "Kuka?", language="sw"),
            example("t5", "jotain muuta"),
        ],
        "train",
    )
    dev = check_examples(
        [
            example("x1", "Missä Niger alkaa"),
            example("x2", "Kuka se on?", english="who is it"),
            example("t4", "uusi", language="sw"),
        ],
        "dev",
    )
    with caplog.at_level(logging.WARNING, "pyserini_xqg"):
        kept, leaks = settle_leaks(train, dev, "drop")
    assert "they are left out of train" in caplog.text
    assert [each.id for each in kept.examples] == ["t5"]
    assert kept.left_out == {"question of dev": 4}
    assert kept.languages == check_examples(kept.examples, "train").languages
    assert not leaks
    assert settle_leaks(train, dev, "allow")[0] is train
    with pytest.raises(InvalidInput, match="nothing is left to train on"):
        settle_leaks(train, train, "drop")


@pytest.mark.parametrize(
    ("train", "dev", "leaks"),
    [
        ({}, {}, True),
        ({"data_set": "/a"}, {"data_set": "/a"}, True),
        ({"language": "en"}, {"language": "fi"}, False),
        ({"data_set": "/mr-tydi"}, {"data_set": "/miracl"}, False),
        ({"language": "und"}, {"language": "und"}, False),
    ],
)
def test_an_id_counts_only_within_its_language_and_data_set(
    train: dict[str, str], dev: dict[str, str], leaks: bool
) -> None:
    other = {"positives": (Passage("d9", "another"),)}
    trained = check_examples([example("0", "who was king", **train), example("1", "where is it", **train)], "train")
    asked = check_examples([example("0", "missä Niger alkaa", **dev, **other)], "dev")
    assert bool(find_leaks(trained.examples, asked.examples)) is leaks
    assert len(settle_leaks(trained, asked, "drop")[0].examples) == 2 - leaks
    same_text = check_examples([example("7", "Who was king?", **dev)], "dev")
    assert find_leaks(trained.examples, same_text.examples).questions == (("0", "7"),)


def test_the_error_says_which_choice_reproduces_published_work() -> None:
    leaks = find_leaks([example("t1", "Missä?")], [example("x1", "missä")])
    with pytest.raises(InvalidInput, match=r"--leaks drop to train without .*Published results .*--leaks allow does"):
        refuse_leaks(leaks, "refuse")


def test_a_passage_in_both_is_said_and_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    leaks = find_leaks([example("t", "a")], [example("d", "b", positives=(Passage("z", "right"),))])
    assert (bool(leaks), leaks.passages) == (False, 1)
    with caplog.at_level(logging.WARNING, "pyserini_xqg"):
        refuse_leaks(leaks, "refuse")
    assert "1 questions of dev are answered" in caplog.text


def test_vowel_signs_tell_questions_apart() -> None:
    assert normalised("కి?") != normalised("కు?")
    assert normalised("  Ｗhere,  IS-it? ") == "where is it"
