from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.errors import InvalidInput, MissingInput


def test_topics_are_read_as_pyserini_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "topics.tsv"
    file.write_bytes("\ufeff1\tmikä on\r\n\n2\t a\tb \n3\tc".encode())
    assert list(read_topics(file)) == [("1", "mikä on"), ("2", "a\tb"), ("3", "c")]


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        (b"1\tok\n2 no tab\n", "topics.tsv:2: expected an id, a tab and the question, found '2 no tab'"),
        (b"1\tok\n\n\tno id\n", "topics.tsv:3: "),
        (b"1\t  \n", "topics.tsv:1: "),
        (json.dumps({"id": 1}).encode(), "topics.tsv:1: "),
        (b"1\t\xff\n", "topics.tsv: not UTF-8"),
    ],
)
def test_bad_topics_are_named(tmp_path: Path, content: bytes, fragment: str) -> None:
    file = tmp_path / "topics.tsv"
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        list(read_topics(file))
    assert fragment in str(caught.value)


def test_topics_that_cannot_be_opened_are_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"nowhere\.tsv: cannot be read \(No such file or directory\)"):
        list(read_topics(tmp_path / "nowhere.tsv"))
    with pytest.raises(MissingInput, match=r"cannot be read \(Is a directory\)"):
        list(read_topics(tmp_path))
