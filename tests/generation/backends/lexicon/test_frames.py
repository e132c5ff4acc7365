from __future__ import annotations

import pytest

from pyserini_xqg.collection.datasets.parallel import ParallelQuestion
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.generation.backends.lexicon.frames import Frame, fingerprint_frames, learn_frames

PLACES = [("Rome", "Rooma"), ("Paris", "Pariisi"), ("Turku", "Turku"), ("Oslo", "Oslo"), ("Riga", "Riika")]


def pairs(*forms: tuple[str, str], language: str = "fi", times: int = 4) -> list[ParallelQuestion]:
    """Each form of a question with every place, several times."""
    return [
        ParallelQuestion(theirs.format(other), ours.format(one), language)
        for _ in range(times)
        for ours, theirs in forms
        for one, other in PLACES
    ]


WHO = ("Who built {}?", "Kuka rakensi kaupungin {}?"), ("Who was seen in {}?", "Kuka oli paikassa {}?")
WHEN = ("When was {} built?", "Milloin rakensi kaupungin {}?"), ("When was {}?", "Milloin oli paikassa {}?")


def test_a_kind_of_question_has_the_word_that_tells_it_from_the_others() -> None:
    assert learn_frames(pairs(*WHO, *WHEN)) == [Frame("Kuka", "", "", "?"), Frame("Milloin", "", "", "?")]


def test_the_most_frequent_kind_comes_first_and_rare_ones_are_left_out() -> None:
    rare = [ParallelQuestion("Miksi Rooma?", "Why Rome?", "fi")] * 9
    frames = learn_frames([*pairs(*WHO, times=2), *pairs(*WHEN, times=6), *rare])
    assert [frame.before for frame in frames] == ["Milloin", "Kuka"]
    with_more = learn_frames([*pairs(*WHO, times=2), *pairs(*WHEN, times=6), *rare, *rare])
    assert len(with_more) == 3


def test_what_stands_late_comes_behind_the_keywords() -> None:
    when, who = ("When was {} built?", "{} कब बना था?"), ("Who saw {}?", "{} को किसने देखा था?")
    frames = learn_frames(pairs(when, who, language="hi"))
    assert [frame.before for frame in frames] == ["", ""]
    assert frames[0].dress("रोम 753") == f"रोम 753 {frames[0].behind}?"
    assert "कब" in frames[0].behind
    assert "किसने" in frames[1].behind


def test_chinese_is_taken_by_characters_and_question_marks_are_the_languages() -> None:
    frames = learn_frames(
        pairs(("How many live in {}?", "{}有多少人？"), ("Where is {}?", "{}在哪里？"), language="zh")
    )
    assert [frame.closing for frame in frames] == ["？", "？"]
    assert "多少" in frames[0].behind
    assert "哪里" in frames[1].behind


def test_an_opening_mark_stands_before_everything() -> None:
    frames = learn_frames(
        pairs(("Who saw {}?", "¿Quién vio {}?"), ("When did {} fall?", "¿Cuándo cayó {}?"), language="es")
    )
    assert frames[0].dress("Roma 753") == "¿Quién vio Roma 753?"


@pytest.mark.parametrize("english", ["Rome?", "Who knows?"])
def test_questions_that_say_nothing_of_kinds_are_named(english: str) -> None:
    with pytest.raises(InvalidInput, match=r"no question words were found in [0-9]+ questions; some hundred"):
        learn_frames([ParallelQuestion("Rooma?", english, "fi")] * 20)


def test_other_frames_have_another_fingerprint() -> None:
    before, behind = Frame("who", ""), Frame("", "who")
    assert fingerprint_frames([before]) == fingerprint_frames([Frame("who", "")])
    assert len({fingerprint_frames(frames) for frames in ([before], [behind], [before, behind], [behind, before])}) == 4
