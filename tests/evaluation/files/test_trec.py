from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.evaluation.files.trec import read_qrels, read_ranked_run, read_run


def run_file(folder: Path, *lines: str) -> Path:
    file = folder / "run.txt"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def test_passages_are_in_the_order_of_the_lines(tmp_path: Path) -> None:
    file = run_file(tmp_path, "q2 Q0 d9 1 0.900000 Faiss", "q2 Q0 d1 2 0.500000 Faiss", "q1 Q0 d1 1 -3.5 Faiss")
    run = read_run(file)
    assert list(run.items()) == [("q2", ["d9", "d1"]), ("q1", ["d1"])]


# trec_eval would put c before b before a (ids falling), and a sort of ids a first.
def test_scores_that_tie_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = run_file(tmp_path, "q Q0 b 1 0.5 t", "q Q0 c 2 0.5 t", "q Q0 a 3 0.5 t")
    assert read_run(file) == {"q": ["b", "c", "a"]}


def test_lines_of_questions_may_mix_and_ranks_start_anywhere(tmp_path: Path) -> None:
    lines = ["q Q0 a 0 3 t", "r Q0 a 5 9 t", "", "q Q0 b 1 2 t", "r Q0 b 9 8 t"]
    assert read_run(run_file(tmp_path, *lines)) == {"q": ["a", "b"], "r": ["a", "b"]}


def test_a_gzipped_run_is_read(tmp_path: Path) -> None:
    file = tmp_path / "run.txt.gz"
    file.write_bytes(gzip.compress(b"q Q0 a 1 0.5 t\n"))
    assert read_run(file) == {"q": ["a"]}


@pytest.mark.parametrize(
    "lines", [["q\ta\t3.5", "q\tb\t3", "r\ta\t-1e-3", "q\tc\t3"], ["q a 9 ", "q b 2", "r a 1", "q c -inf"]]
)
def test_three_columns_are_ranked_by_the_order_of_the_lines(tmp_path: Path, lines: list[str]) -> None:
    assert read_run(run_file(tmp_path, *lines)) == {"q": ["a", "b", "c"], "r": ["a"]}


@pytest.mark.parametrize(
    ("lines", "fragment"),
    [
        (
            ["q a 0.5", "q Q0 b 2 0.4 t"],
            ":2: 'q Q0 b 2 0.4 t': the three columns question, passage, score of the first",
        ),
        (["q Q0 a 1 0.5 t", "q b 0.4"], ":2: 'q b 0.4': the six columns"),
        (["q a high"], "the three columns"),
        (["q a nan"], "the three columns"),
        (["q a 0.5", "q a 0.4"], ":2: the passage a is there twice"),
        (["q a 0.5", "q b 0.6"], ":2: rank 2 with score 0.6 comes after rank 1 with score 0.5"),
        # MS MARCO's form.
        (["q a 1", "q b 2"], "(a third column of ranks is not read)"),
    ],
)
def test_lines_of_three_columns_are_checked_as_others(tmp_path: Path, lines: list[str], fragment: str) -> None:
    file = run_file(tmp_path, *lines)
    with pytest.raises(InvalidInput) as caught:
        read_run(file)
    assert str(caught.value).startswith(f"{file}:")
    assert fragment in str(caught.value)


def test_passages_that_tie_are_those_that_trec_eval_takes_for_equal(tmp_path: Path) -> None:
    scores = {"a": "0.9", "b": "0.5", "c": "0.5", "d": "0.5", "e": "0.4"}
    lines = [f"q Q0 {name} {rank} {score} t" for rank, (name, score) in enumerate(scores.items(), start=1)]
    # 200.000001 is 200.0 in single precision, 0.500001 is not 0.5.
    lines += ["r Q0 a 1 200.000001 t", "r Q0 b 2 200.0 t", "s Q0 a 1 0.500001 t", "s Q0 b 2 0.5 t", "t Q0 a 1 -inf t"]
    found = read_ranked_run(run_file(tmp_path, *lines))
    assert found.ranked["q"] == list(scores)
    assert found.tied == {"q": {"b", "c", "d"}, "r": {"a", "b"}}


SIX = "the six columns question, Q0, passage, rank, score, tag are expected"


@pytest.mark.parametrize(
    ("line", "fragment"),
    [
        ("q Q0 b 1 0.4 t", "rank 1 with score 0.4 comes after rank 1 with score 0.5 of question q"),
        ("q Q0 b 0 0.4 t", "rank 0 with score 0.4 comes after rank 1"),
        ("q Q0 b 2 0.6 t", "rank 2 with score 0.6 comes after rank 1 with score 0.5"),
        ("q Q0 a 2 0.4 t", "the passage a is there twice for question q"),
        ("q Q0 a 1 0.5 t", "the passage a is there twice for question q"),
        ("q Q0 b 2 0.4", SIX),
        ("q Q0 b 2 0.4 t more", SIX),
        ("q b 2", SIX),
        ("q Q0 b two 0.4 t", SIX),
        ("q Q0 b 2 high t", SIX),
        ("q Q0 b 2 nan t", SIX),
        ("q Q0 b 2.5 0.4 t", SIX),
    ],
)
def test_a_line_out_of_order_or_form_is_named(tmp_path: Path, line: str, fragment: str) -> None:
    file = run_file(tmp_path, "q Q0 a 1 0.5 t", line)
    with pytest.raises(InvalidInput) as caught:
        read_run(file)
    assert str(caught.value).startswith(f"{file}:2: ")
    assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "fragment"),
    [
        ("run.txt", b"", "no line; a TREC run is expected"),
        ("run.txt", b"q Q0 \xff 1 0.5 t\n", "not UTF-8"),
        ("run.txt.gz", gzip.compress(b"q Q0 a 1 0.5 t\n", mtime=0)[:-9], "damaged gzip file"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, name: str, content: bytes, fragment: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=fragment):
        read_run(file)


def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"nowhere\.txt"):
        read_run(tmp_path / "nowhere.txt")


def test_qrels_are_read_plain_or_gzipped(tmp_path: Path) -> None:
    text = "\ufeffq1 0 d1 1\n\nq2 0 d1 0\nq1 Q0 d2 3\n"
    plain = tmp_path / "q.txt"
    plain.write_text(text, encoding="utf-8")
    expected = {"q1": {"d1": 1, "d2": 3}, "q2": {"d1": 0}}
    assert read_qrels(plain) == expected
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
