from __future__ import annotations

import gzip
import json
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pyserini_xqg.storage.id_store
from pyserini_xqg.collection.queries import PassageQueries
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import InvalidInput, MissingInput, XqgError
from pyserini_xqg.storage.workspace import working_folder

LANGUAGES = ("fi", "ru", "te")


def filled(folder: Path, ids: list[str]) -> QueryLookup:
    lookup = QueryLookup(folder)
    for identifier in ids:
        assert lookup.add_passage(identifier)
    return lookup


def write_queries(file: Path, records: list[tuple[str, dict[str, list[str]]]], packed: bool = False) -> Path:
    lines = [json.dumps({"id": identifier, "queries": queries}) for identifier, queries in records]
    content = ("\ufeff" + "\n\n".join(lines) + "\n").encode()
    file = file.with_name(f"{file.name}.gz") if packed else file
    file.write_bytes(gzip.compress(content) if packed else content)
    return file


@settings(deadline=None)
@given(
    passages=st.integers(1, 25),
    with_queries=st.sets(st.integers(0, 30)),
    cuts=st.lists(st.integers(0, 30), max_size=3),
    packed=st.lists(st.booleans(), min_size=4, max_size=4),
    in_order=st.booleans(),
    random=st.randoms(use_true_random=False),
)
def test_every_passage_gets_its_own_queries_whatever_the_files(
    passages: int,
    with_queries: set[int],
    cuts: list[int],
    packed: list[bool],
    in_order: bool,
    random: object,
) -> None:
    ids = [f"d{number}" for number in range(passages)]
    random.shuffle(ids)  # type: ignore[attr-defined]
    known = {f"d{number}" for number in with_queries} & set(ids)
    written = {
        f"d{number}": {
            language: [f"{language} {number} {k}" for k in range((number + position) % 4)]
            for position, language in enumerate(LANGUAGES)
            if (number + position) % 3
        }
        for number in with_queries
    }
    order = sorted(written, key=lambda identifier: ids.index(identifier) if identifier in known else -1)
    if not in_order:
        random.shuffle(order)  # type: ignore[attr-defined]
    bounds = [0, *sorted(cut for cut in cuts if cut <= len(order)), len(order)]
    with tempfile.TemporaryDirectory() as name:
        folder, scratch = Path(name, "queries"), Path(name, "scratch")
        folder.mkdir()
        scratch.mkdir()
        for number in range(len(bounds) - 1):
            records = [(identifier, written[identifier]) for identifier in order[bounds[number] : bounds[number + 1]]]
            write_queries(folder / f"{number}.jsonl", records, packed[number])
        with filled(scratch, ids) as lookup:
            if not known:
                with pytest.raises(InvalidInput, match=r"none of its \d+ records has the id of a passage"):
                    lookup.add_queries(folder)
                return
            counts = lookup.add_queries(folder)
            assert (counts.records, counts.unknown_ids) == (len(written), len(written) - len(known))
            assert counts.passages == len(known)
            expected = {
                language: sum(len(written[identifier].get(language, ())) for identifier in known)
                for language in LANGUAGES
            }
            assert counts.per_language == {language: count for language, count in expected.items() if count}
            rows = list(range(passages))
            random.shuffle(rows)  # type: ignore[attr-defined]
            for row, found in zip(rows, lookup.queries_of(rows), strict=True):
                if ids[row] in known:
                    texts = {language: tuple(queries) for language, queries in written[ids[row]].items()}
                    assert found == PassageQueries(ids[row], texts)
                else:
                    assert found is None
        assert list(scratch.iterdir()) == []


def test_an_id_has_one_row(tmp_path: Path) -> None:
    with QueryLookup(tmp_path) as lookup:
        assert [lookup.add_passage(identifier) for identifier in ("a", "b", "a", "A", "\u00e9", "e\u0301")] == [
            True,
            True,
            False,
            True,
            True,
            True,
        ]
        assert lookup.rows == 5


@pytest.mark.parametrize("asked", [None, ["fi"]])
def test_records_without_any_query_are_no_queries(tmp_path: Path, asked: list[str] | None) -> None:
    file = write_queries(tmp_path / "q.jsonl", [("d0", {}), ("d1", {"fi": []}), ("nowhere", {"fi": ["a"]})])
    with filled(tmp_path, ["d0", "d1"]) as lookup:
        counts = lookup.add_queries(file)
    with pytest.raises(InvalidInput, match=r"q\.jsonl: none of the 2 records of these passages has a query"):
        counts.languages(asked)


def test_two_records_of_a_passage_are_invalid_also_in_two_files(tmp_path: Path) -> None:
    folder = tmp_path / "queries"
    folder.mkdir()
    write_queries(folder / "a.jsonl", [("d0", {"fi": ["x"]})])
    write_queries(folder / "b.jsonl", [("d1", {}), ("d0", {"ru": ["y"]})])
    with (
        filled(tmp_path, ["d0", "d1"]) as lookup,
        pytest.raises(InvalidInput, match=r"b\.jsonl:3: queries of 'd0' were there before; one record a passage"),
    ):
        lookup.add_queries(folder)


def test_queries_of_no_passage_may_be_there_twice(tmp_path: Path) -> None:
    file = write_queries(tmp_path / "q.jsonl", [("x", {}), ("d0", {"fi": ["a"]}), ("x", {})])
    with filled(tmp_path, ["d0"]) as lookup:
        assert lookup.add_queries(file).unknown_ids == 2


def test_languages_asked_for_must_have_queries(tmp_path: Path) -> None:
    file = write_queries(tmp_path / "q.jsonl", [("d0", {"ru": ["a"], "fi": ["b"], "te": [" "]})])
    with filled(tmp_path, ["d0"]) as lookup:
        counts = lookup.add_queries(file)
    assert counts.languages(None) == ["fi", "ru"]
    assert counts.languages(["ru"]) == ["ru"]
    with pytest.raises(InvalidInput, match="no queries in sw, te; there are some in fi, ru"):
        counts.languages(["fi", "sw", "te"])


def test_the_fingerprint_changes_with_names_and_bytes(tmp_path: Path) -> None:
    found = set()
    for name, text in (("a.jsonl", "x"), ("a.jsonl", "y"), ("b.jsonl", "x")):
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        with filled(folder, ["d0"]) as lookup:
            found.add(lookup.add_queries(write_queries(folder / name, [("d0", {"fi": [text]})])).sha256)
    assert len(found) == 3
    assert None not in found


def test_queries_that_are_not_there_are_missing(tmp_path: Path) -> None:
    with filled(tmp_path, ["d0"]) as lookup, pytest.raises(MissingInput, match=r"nowhere: no such file or folder"):
        lookup.add_queries(tmp_path / "nowhere")


def test_what_a_killed_run_left_is_no_hindrance(tmp_path: Path) -> None:
    killed = filled(tmp_path, ["d0"])
    (tmp_path / "queries-7.unpacked").touch()
    with filled(tmp_path, ["d0", "d1"]) as lookup:
        assert lookup.rows == 2
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(sqlite3.Error):
        killed.__exit__()
        killed.add_passage("d1")


def test_the_database_uses_the_disk_not_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyserini_xqg.storage.id_store, "CACHE_KIB", 64)
    with filled(tmp_path, [f"passage-{number:06}" for number in range(20_000)]):
        assert (tmp_path / "query-lookup.sqlite").stat().st_size > 200_000


@pytest.mark.parametrize("free", [4 * 1024, 64 * 1024])
def test_the_lookup_on_a_full_disk_says_so_too(free: int, full_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (full_disk / "other").write_bytes(b"x" * (64 * 1024 - free))
    monkeypatch.setattr("pyserini_xqg.storage.id_store.CACHE_KIB", 16)
    with (
        pytest.raises(XqgError, match="no space is left for"),
        working_folder(full_disk / "made") as folder,
        QueryLookup(folder) as lookup,
    ):
        for number in range(100_000):
            lookup.add_passage(f"passage-{number:09}")
