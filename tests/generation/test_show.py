from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.generation.show import as_text, find
from tests.conftest import write_lines

FSI, PDI = "\u2068", "\u2069"


def show(queries: Path, identifier: str, corpus: Path | None = None) -> str:
    return as_text(find(queries, identifier, corpus))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return write_lines(
        tmp_path / "queries.jsonl",
        [
            {"id": "d0", "queries": {"fi": ["Mikä silta?", "Missä?"], "ar": ["أين يقع الجسر (1)?"], "te": [""]}},
            {"id": "d1", "queries": {"fi": []}},
            {"id": 2, "queries": {}},
        ],
    )


def test_queries_stand_under_the_names_of_their_languages_each_in_an_isolate(made: Path) -> None:
    assert show(made, "d0").split("\n") == [
        "Arabic (ar)",
        f"  {FSI}أين يقع الجسر (1)?{PDI}",
        "Finnish (fi)",
        f"  {FSI}Mikä silta?{PDI}",
        f"  {FSI}Missä?{PDI}",
    ]


@pytest.mark.parametrize("identifier", ["d1", "2"])
def test_a_passage_without_queries_says_so(made: Path, identifier: str) -> None:
    assert show(made, identifier) == "no queries"


def test_the_passage_stands_above_its_queries(made: Path, tmp_path: Path) -> None:
    corpus = write_lines(
        tmp_path / "corpus.jsonl",
        [
            {"id": "d0", "title": "גשר", "text": "The bridge.\n\nהגשר ישן"},
            {"id": "d1", "text": "No title."},
            {"id": "d5", "text": "Not asked about."},
        ],
    )
    # An isolate ends where its paragraph does: each line has its own.
    assert show(made, "d0", corpus).split("\n")[:6] == [
        f"d0  {FSI}גשר{PDI}",
        f"{FSI}The bridge.{PDI}",
        "",
        f"{FSI}הגשר ישן{PDI}",
        "",
        "Arabic (ar)",
    ]
    assert show(made, "d1", corpus) == f"d1\n{FSI}No title.{PDI}\n\nno queries"
    with pytest.raises(InvalidInput, match=r"queries.jsonl: none of its 3 records has the id 'd5'"):
        show(made, "d5", corpus)
    with pytest.raises(InvalidInput, match=r"corpus.jsonl: none of its 3 records has the id '2'"):
        show(made, "2", corpus)


def test_what_is_not_there_is_said(made: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"queries.jsonl: none of its 3 records has the id 'D0'"):
        show(made, "D0")
    with pytest.raises(MissingInput, match="nowhere: no such file or folder"):
        show(tmp_path / "nowhere", "d0")


def test_a_file_that_holds_no_queries_is_refused(tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "corpus.jsonl", [{"id": "d0", "text": "x"}])
    with pytest.raises(InvalidInput, match=r"corpus.jsonl:1: queries is null"):
        show(corpus, "d0")


def test_control_characters_of_texts_are_shown(tmp_path: Path) -> None:
    evil = "a\x1b]0;owned\x07b\u2069\u202ec\rd"
    shown = "a\\u001b]0;owned\\u0007b\\u2069\\u202ec\\u000dd"
    queries = write_lines(tmp_path / "q.jsonl", [{"id": "d\x1b[2J", "queries": {"fi": [evil]}}])
    corpus = write_lines(tmp_path / "c.jsonl", [{"id": "d\x1b[2J", "title": evil, "text": f"x\r\n{evil}"}])
    assert show(queries, "d\x1b[2J", corpus).split("\n") == [
        f"d\\u001b[2J  {FSI}{shown}{PDI}",
        f"{FSI}x{PDI}",
        f"{FSI}{shown}{PDI}",
        "",
        "Finnish (fi)",
        f"  {FSI}{shown}{PDI}",
    ]
