from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.evaluation.files.texts import read_texts
from pyserini_xqg.evaluation.files.trec import read_run
from tests.conftest import write_lines


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
        ("run.txt.gz", b"q Q0 a 1 0.5 t\n", "damaged gzip file"),
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


def test_only_texts_of_passages_in_the_run_are_kept_and_without_titles(tmp_path: Path) -> None:
    records = [{"id": f"d{n}", "title": f"Title {n}", "text": f" text {n} "} for n in range(5)]
    file = write_lines(tmp_path / "corpus.jsonl", [*records, {"docid": "last", "contents": "x"}])
    texts = read_texts(file, {"q": ["d3", "last"], "r": ["d1", "d3"]})
    assert texts == {"d1": "text 1", "d3": "text 3", "last": "x"}


def test_a_folder_is_read_until_all_are_found(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", [{"id": "d1", "text": "one"}])
    write_lines(tmp_path / "b.jsonl", [{"id": "d2", "text": "two"}, {"id": "d1", "text": "another"}])
    (tmp_path / "c.jsonl").write_text("no JSON", encoding="utf-8")
    assert read_texts(tmp_path, {"q": ["d2", "d1"]}) == {"d1": "one", "d2": "two"}
    with pytest.raises(InvalidInput, match=r"c\.jsonl:1"):
        read_texts(tmp_path, {"q": ["d3"]})


def test_passages_that_the_corpus_does_not_have_are_named(tmp_path: Path) -> None:
    file = write_lines(tmp_path / "corpus.jsonl", [{"id": "d1", "text": "one"}])
    with pytest.raises(InvalidInput) as caught:
        read_texts(file, {"q": ["x9", "d1", "x2"], "r": ["x2", "x7", "x1"]})
    assert str(caught.value) == (
        f"{file}: 4 of the run's 5 passages are not in it, x9, x2, x7 among them; the corpus that the index was built "
        "from is expected"
    )
