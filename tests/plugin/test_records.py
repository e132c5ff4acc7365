from __future__ import annotations

import json
from pathlib import Path

import pytest

from pyserini_xqg.collection.query_counts import QueryCounts
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import InvalidInput, UsageError, XqgError
from pyserini_xqg.plugin.records import write_records
from tests.conftest import write_lines


def read(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_passage_is_joined_with_its_queries_in_the_order_of_the_corpus(
    corpus: Path, queries: Path, tmp_path: Path
) -> None:
    output = tmp_path / "deeper" / "records.jsonl"
    counts = write_records(corpus, queries, output)
    by_id = {record["id"]: record["queries"] for record in read(queries)}
    found = read(output)
    assert [record["id"] for record in found] == [passage["id"] for passage in read(corpus)]
    for record, passage in zip(found, read(corpus), strict=True):
        own = by_id.get(record["id"], {})
        assert record == {
            "id": passage["id"],
            "title": passage.get("title", ""),
            "text": passage["text"],
            "query": "\n".join([*own.get("fi", []), *own.get("ru", [])]),  # type: ignore[attr-defined]
        }
    assert counts == {
        "passages": 23,
        "passages_without_queries": 1,
        "queries": sum(len(record["query"].splitlines()) for record in found),
        "queries_records_with_unknown_id": 1,
    }
    assert [path.name for path in output.parent.iterdir()] == ["records.jsonl"]


def test_pyserinis_own_reader_takes_the_records(corpus: Path, queries: Path, tmp_path: Path) -> None:
    from pyserini.encode import JsonlCollectionIterator

    output = tmp_path / "records.jsonl"
    write_records(corpus, queries, output)
    (batch,) = JsonlCollectionIterator(str(output), ["title", "text", "query"])(batch_size=100)
    found = read(output)
    for field in ("id", "title", "text", "query"):
        assert batch[field] == [record[field] or None for record in found]


@pytest.mark.parametrize("languages", [["ru", "fi"], ["Finnish", "Russian", "fin"]])
def test_languages_may_be_named_in_any_way_and_order(
    corpus: Path, queries: Path, tmp_path: Path, languages: list[str]
) -> None:
    write_records(corpus, queries, tmp_path / "all.jsonl")
    write_records(corpus, queries, tmp_path / "some.jsonl", languages)
    assert read(tmp_path / "some.jsonl") == read(tmp_path / "all.jsonl")


def test_only_the_first_queries_of_one_language(corpus: Path, queries: Path, tmp_path: Path) -> None:
    counts = write_records(corpus, queries, tmp_path / "r.jsonl", ["fi"], 1)
    by_id = {record["id"]: record["queries"] for record in read(queries)}
    for record in read(tmp_path / "r.jsonl"):
        assert record["query"] == "\n".join(by_id.get(record["id"], {}).get("fi", [])[:1])  # type: ignore[attr-defined]
    assert (counts["queries"], counts["passages_without_queries"]) == (21, 2)


def test_a_query_stays_on_one_line(tmp_path: Path) -> None:
    corpus = write_lines(tmp_path / "c.jsonl", [{"id": 1, "text": "x"}])
    queries = write_lines(tmp_path / "q.jsonl", [{"id": 1, "queries": {"fi": ["mikä\non\r\n se", "b\u2028c"]}}])
    assert write_records(corpus, queries, tmp_path / "r.jsonl")["queries"] == 2
    assert read(tmp_path / "r.jsonl")[0]["query"] == "mikä on se\nb c"


@pytest.mark.parametrize(
    ("languages", "num_queries", "error", "fragment"),
    [
        (["te"], None, InvalidInput, "no queries in te; there are some in fi, ru"),
        (["Finish"], None, InvalidInput, "unknown language 'Finish'"),
        (None, 0, UsageError, "num_queries is 0"),
        (None, -1, UsageError, "num_queries is -1"),
    ],
)
def test_what_cannot_be_chosen_is_an_error_and_makes_nothing(
    corpus: Path,
    queries: Path,
    tmp_path: Path,
    languages: list[str] | None,
    num_queries: int | None,
    error: type[XqgError],
    fragment: str,
) -> None:
    with pytest.raises(error, match=fragment):
        write_records(corpus, queries, tmp_path / "out" / "r.jsonl", languages, num_queries)
    assert not list(tmp_path.glob("out/*"))


def test_what_is_there_is_not_written_over(corpus: Path, queries: Path, tmp_path: Path) -> None:
    output = tmp_path / "r.jsonl"
    output.write_text("mine")
    with pytest.raises(UsageError, match=r"r\.jsonl is there; choose another output"):
        write_records(corpus, queries, output)
    assert output.read_text() == "mine"


@pytest.mark.parametrize(("place", "reason"), [("r.jsonl", "File exists"), ("deeper/r.jsonl", "Not a directory")])
def test_a_place_that_cannot_be_is_an_error_with_its_reason(
    corpus: Path, queries: Path, place: str, reason: str
) -> None:
    with pytest.raises(XqgError, match=rf"r\.jsonl cannot be written \({reason}\)"):
        write_records(corpus, queries, corpus / place)


def test_a_corpus_that_changes_meanwhile_stops_it(
    corpus: Path, queries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = QueryLookup.add_queries

    def then_change(lookup: QueryLookup, path: Path) -> QueryCounts:
        corpus.write_text(corpus.read_text(encoding="utf-8").replace('"d3"', '"e3"'), encoding="utf-8")
        return add(lookup, path)

    monkeypatch.setattr(QueryLookup, "add_queries", then_change)
    with pytest.raises(XqgError, match=r"corpus\.jsonl has changed since this run began"):
        write_records(corpus, queries, tmp_path / "records.jsonl")
    assert not (tmp_path / "records.jsonl").exists()
