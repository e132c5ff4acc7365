from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.evaluation.files.trec import read_qrels
from pyserini_xqg.evaluation.files.xor_retrieve import GoldQuestion
from pyserini_xqg.evaluation.questions import judged, languages_of_gold, languages_of_topics


def text_file(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_qrels_are_read_plain_or_gzipped(tmp_path: Path) -> None:
    text = "\ufeffq1 0 d1 1\n\nq2 0 d1 0\nq1 Q0 d2 3\n"
    expected = {"q1": {"d1": 1, "d2": 3}, "q2": {"d1": 0}}
    assert read_qrels(text_file(tmp_path / "q.txt", text)) == expected
    packed = tmp_path / "q.txt.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert read_qrels(packed) == expected


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (b"q 0 d 1\nq 0 d 0\n", ":2: the passage d is there twice for question q"),
        (b"q 0 d 1\nq 0 d 1\n", ":2: the passage d is there twice for question q"),
        (b"q 0 d\n", ":1: 'q 0 d': the four columns"),
        (b"q 0 d 1 t\n", "the four columns question, 0, passage, relevance are expected"),
        (b"q 0 d yes\n", "the four columns"),
        (b"\n", "no line; TREC qrels are expected"),
        ("q 0 ä 1\n".encode("latin-1"), "not UTF-8"),
        ("q 0 d 1\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_bad_qrels(content: bytes, fragment: str, tmp_path: Path) -> None:
    file = tmp_path / "qrels.txt"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        read_qrels(file)
    assert str(caught.value).startswith(str(file))
    assert fragment in str(caught.value)


def test_qrels_that_cannot_be_read(tmp_path: Path) -> None:
    for file in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(MissingInput, match="cannot be read"):
            read_qrels(file)
    damaged = tmp_path / "q.gz"
    damaged.write_bytes(gzip.compress(b"q 0 d 1\n" * 1000)[:30])
    with pytest.raises(InvalidInput, match="damaged gzip file"):
        read_qrels(damaged)


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
