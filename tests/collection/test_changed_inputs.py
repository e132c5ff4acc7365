"""Inputs that change between the look at them and the work."""

from __future__ import annotations

import gzip
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from pyserini_xqg.collection import query_lookup
from pyserini_xqg.collection.corpus import Corpus, unchanged_passages
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import InputChanged, XqgError
from tests.conftest import write_lines


def swap(file: Path, one: str, other: str) -> None:
    """Text for other text of the same length."""
    content = file.read_text(encoding="utf-8")
    assert len(one) == len(other) and one in content
    file.write_text(content.replace(one, other), encoding="utf-8")


def write_corpus(file: Path, texts: list[str]) -> Path:
    return write_lines(file, ({"id": f"d{number}", "text": text} for number, text in enumerate(texts)))


CHANGES: dict[str, Callable[[Path], object]] = {
    "another text": lambda file: swap(file, "text 5", "next 5"),
    "another id": lambda file: swap(file, '"d5"', '"d7"'),
    "passages in another order": lambda file: file.write_text(
        "".join(sorted(file.read_text().splitlines(keepends=True), reverse=True))
    ),
    "a passage more": lambda file: file.write_text('{"id": "new", "text": "x"}\n' + file.read_text()),
    "a passage less": lambda file: file.write_text("".join(file.read_text().splitlines(keepends=True)[1:])),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-20]),
    "not JSON any more": lambda file: file.write_bytes(b"x" * file.stat().st_size),
    "empty": lambda file: file.write_bytes(b""),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_corpus_that_changed_after_it_was_scanned_is_no_longer_read(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    file = write_corpus(tmp_path / "corpus.jsonl", [f"text {number}" for number in range(8)])
    corpus = Corpus(file, 2)
    assert len(list(corpus.scan())) == 8
    corpus.enlarge_parts(2)
    assert [len(part) for _, part in corpus.parts()] == [4, 4]
    change(file)
    with pytest.raises(XqgError, match=r"corpus\.jsonl has changed since this run began") as caught:
        list(corpus.parts())
    assert type(caught.value) is InputChanged
    with pytest.raises(XqgError, match="has changed since this run began"):
        list(unchanged_passages(file, corpus.sha256))


def test_parts_that_did_not_change_are_read(tmp_path: Path) -> None:
    file = write_corpus(tmp_path / "corpus.jsonl", [f"text {number}" for number in range(8)])
    corpus = Corpus(file, 2)
    list(corpus.scan())
    swap(file, "text 5", "next 5")
    with file.open("a") as handle:
        handle.write('{"id": "new", "text": "after the last"}\n')
    assert [len(part) for _, part in corpus.parts([0, 1, 3])] == [2, 2, 2]


def test_a_packed_corpus_that_changed_is_no_longer_read(tmp_path: Path) -> None:
    plain = write_corpus(tmp_path / "plain.jsonl", [f"text {number}" for number in range(8)])
    for number, content in enumerate((gzip.compress(b"{}\n"), gzip.compress(plain.read_bytes())[:40])):
        file = tmp_path / f"{number}.jsonl.gz"
        file.write_bytes(gzip.compress(plain.read_bytes()))
        corpus = Corpus(file, 2)
        list(corpus.scan())
        file.write_bytes(content)
        with pytest.raises(XqgError, match="has changed"):
            list(corpus.parts())


@pytest.mark.parametrize("packed", [False, True])
def test_queries_that_changed_after_they_were_added_are_not_given(tmp_path: Path, packed: bool) -> None:
    def write(text: str) -> Path:
        lines = "".join(f'{{"id": "d{number}", "queries": {{"fi": ["{text} {number}"]}}}}\n' for number in range(4))
        file = tmp_path / ("q.jsonl.gz" if packed else "q.jsonl")
        file.write_bytes(gzip.compress(lines.encode(), 0) if packed else lines.encode())
        return file

    with QueryLookup(tmp_path) as lookup:
        for number in range(4):
            lookup.add_passage(f"d{number}")
        lookup.add_queries(write("missä"))
        write("milla")
        with pytest.raises(XqgError, match=r"q\.jsonl.* has changed since this run began"):
            lookup.queries_of(range(4))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("in_order", [False, True])
def test_a_folder_of_many_files_of_queries_keeps_few_of_them_open(
    tmp_path: Path, packed: bool, in_order: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_lookup, "OPEN_FILES", 8)
    files, folder = 60, tmp_path / "queries"
    folder.mkdir()
    for number in range(files):
        own = range(2 * number, 2 * number + 2) if in_order else (number, number + files)
        lines = "".join(f'{{"id": "d{row}", "queries": {{"fi": ["q{row}"]}}}}\n' for row in own).encode()
        name = f"part-{number:06}.jsonl"
        (folder / (name + ".gz" if packed else name)).write_bytes(gzip.compress(lines) if packed else lines)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with QueryLookup(tmp_path) as lookup:
        for row in range(2 * files):
            lookup.add_passage(f"d{row}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 12, hard))
        try:
            lookup.add_queries(folder)
            for rows in (range(2 * files), [row * 37 % (2 * files) for row in range(2 * files)]):
                found = lookup.queries_of(rows)
                assert [record and record.queries["fi"] for record in found] == [(f"q{row}",) for row in rows]
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert len(list(tmp_path.glob("*.unpacked"))) == (files if packed and not in_order else 0)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["queries"]


def test_queries_that_count_are_counted(tmp_path: Path) -> None:
    records = [
        ("d0", {"fi": ["a", "b", "c"], "ru": ["d"]}),
        ("d1", {"ru": ["e"]}),
        ("d2", {"fi": []}),
        ("no", {"fi": ["x"]}),
    ]
    file = write_lines(tmp_path / "q.jsonl", [{"id": name, "queries": queries} for name, queries in records])
    for languages, num_queries, expected in (
        (None, None, (2, 5)),
        (["fi"], None, (1, 3)),
        (["fi"], 2, (1, 2)),
        (None, 1, (2, 3)),
    ):
        with QueryLookup(tmp_path) as lookup:
            for number in range(3):
                lookup.add_passage(f"d{number}")
            counts = lookup.add_queries(file, languages, num_queries)
        assert (counts.used_passages, counts.used_queries) == expected
