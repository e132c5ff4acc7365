from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion
from pyserini_xqg.evaluation.questions import judged, languages_of_gold, languages_of_topics


def text_file(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_topics_say_the_languages(tmp_path: Path) -> None:
    first, second, third = (
        text_file(tmp_path / name, text)
        for name, text in (("a", "q2\tmikä?\nq1\tkuka?\n"), ("b", "q3\tкто?\n"), ("c", "q4\tmissä?\n"))
    )
    found = languages_of_topics([("Finnish", first), ("ru", second), ("fin", third)])
    assert list(found.items()) == [("fi", ["q2", "q1", "q4"]), ("ru", ["q3"])]


def test_a_question_has_one_language(tmp_path: Path) -> None:
    first, second = (text_file(tmp_path / name, "q1\tx\n") for name in "ab")
    with pytest.raises(InvalidInput, match=r"b: the question q1 was there before, in .*a; ids must be unique"):
        languages_of_topics([("fi", first), ("ru", second)])
    with pytest.raises(InvalidInput, match="unknown language 'Klingonese'"):
        languages_of_topics([("Klingonese", first)])


def test_gold_says_the_languages_of_what_counts() -> None:
    rows = {
        "q1": ("ar", ["x"]),
        "q2": (" ar", ["x"]),
        "q3": ("ar", ["yes"]),
        "q4": ("ar", []),
        "q5": ("ar", ["no", "x"]),
    }
    gold = {name: GoldQuestion(name, "?", tuple(answers), language) for name, (language, answers) in rows.items()}
    assert languages_of_gold(gold) == {"ar": ["q1", "q5"], " ar": ["q2"]}


def test_only_what_is_judged_counts() -> None:
    assert judged({"fi": ["a", "b"], "ru": ["c"]}, ["b", "x"]) == {"fi": ["b"]}
    assert judged(None, ["b", "x"]) == {"all": ["b", "x"]}
