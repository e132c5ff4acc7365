"""What a scan keeps for a build that goes on, and when it is not taken."""

from __future__ import annotations

import gzip
import json
import os
import threading
from pathlib import Path

import pytest

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import InputChanged, UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.kept_scan import FILE
from pyserini_xqg.indexing.passage_source import IndexPassages
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from tests.indexing.helpers import files_of


@pytest.fixture
def stopped(monkeypatch):
    """Stops a build after two parts."""

    def stop(build) -> None:
        write, written = VectorFiles.write, []

        def stopping(files: VectorFiles, part) -> None:
            if len(written) == 2:
                raise KeyboardInterrupt
            written.append(part.number)
            write(files, part)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(VectorFiles, "write", stopping)
            build()

    return stop


@pytest.fixture
def scans(monkeypatch) -> list[str]:
    """What is scanned."""
    found: list[str] = []
    for kind, method in ((Corpus, "scan"), (IndexPassages, "scan"), (QueryLookup, "add_queries")):
        before = getattr(kind, method)
        monkeypatch.setattr(
            kind, method, lambda *given, _name=kind.__name__, _of=before: found.append(_name) or _of(*given)
        )
    return found


@pytest.mark.parametrize("control", [None, "shuffled", "mean"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_build_that_goes_on_does_not_read_its_inputs_again(
    control, packed, builder, corpus, queries, tmp_path, stopped, scans
) -> None:
    if packed:  # in another order than the corpus: it is unpacked
        queries = tmp_path / "queries.jsonl.gz"
        queries.write_bytes(gzip.compress((tmp_path / "queries.jsonl").read_bytes()))
    settings = AugmentationSettings(alpha=0.2, control=control)
    builder(settings).build(corpus, queries, tmp_path / "straight")
    stopped(lambda: builder(settings).build(corpus, queries, tmp_path / "out"))
    assert (tmp_path / "out.partial" / "queries-0.unpacked").exists() == packed
    scans.clear()
    builder(settings).build(corpus, queries, tmp_path / "out")
    assert scans == []
    assert files_of(tmp_path / "out") == files_of(tmp_path / "straight")
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"index", "docid", "xqg.json"}


def test_so_it_is_where_an_index_is_augmented(builder, corpus, queries, tmp_path, stopped, scans) -> None:
    builder(AugmentationSettings(alpha=0)).build(corpus, None, tmp_path / "plain")
    augmenter = XqgIndexBuilder(None, AugmentationSettings(alpha=0.2), device="cpu", part_size=4)
    augmenter.augment(tmp_path / "plain", queries, tmp_path / "straight")
    stopped(lambda: augmenter.augment(tmp_path / "plain", queries, tmp_path / "out"))
    scans.clear()
    augmenter.augment(tmp_path / "plain", queries, tmp_path / "out")
    assert scans == []
    assert files_of(tmp_path / "out") == files_of(tmp_path / "straight")


def damage(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


@pytest.mark.parametrize(
    "act",
    [
        lambda place: os.utime(place / "corpus.jsonl", ns=(1, 1)),
        lambda place: os.utime(place / "queries.jsonl", ns=(1, 1)),
        lambda place: damage(place / "out.partial" / FILE),
        lambda place: damage(place / "out.partial" / "docid"),
        lambda place: damage(place / "out.partial" / "query-lookup.sqlite"),
        lambda place: (place / "out.partial" / "query-lookup.sqlite").unlink(),
    ],
)
def test_what_is_not_as_it_was_is_scanned_again(act, builder, corpus, queries, tmp_path, stopped, scans) -> None:
    builder().build(corpus, queries, tmp_path / "straight")
    stopped(lambda: builder().build(corpus, queries, tmp_path / "out"))
    act(tmp_path)
    scans.clear()
    builder().build(corpus, queries, tmp_path / "out")
    assert scans == ["Corpus", "QueryLookup"]
    assert files_of(tmp_path / "out") == files_of(tmp_path / "straight")


def test_verify_reads_everything(builder, corpus, queries, tmp_path, stopped, scans) -> None:
    stopped(lambda: builder().build(corpus, queries, tmp_path / "out"))
    scans.clear()
    builder(verify=True).build(corpus, queries, tmp_path / "out")
    assert scans == ["Corpus", "QueryLookup"]


@pytest.mark.parametrize("name", ["corpus", "queries"])
def test_a_change_that_no_stamp_shows_is_found_by_verify_or_when_its_part_is_read(
    name, builder, corpus, queries, tmp_path, stopped, monkeypatch
) -> None:
    file = {"corpus": corpus, "queries": queries}[name]
    record = json.loads(file.read_text(encoding="utf-8").splitlines()[16])
    key = "text" if name == "corpus" else "ru"
    old = record[key] if name == "corpus" else record["queries"][key][0]
    assert int(record["id"][1:]) > 8  # not in a part that is done
    monkeypatch.setattr("pyserini_xqg.storage.stamps.BLOCK", 1)
    stopped(lambda: builder().build(corpus, queries, tmp_path / "out"))
    times = file.stat().st_atime_ns, file.stat().st_mtime_ns
    text = file.read_text(encoding="utf-8")
    assert text.count(f'"{old}"') == 1
    file.write_text(text.replace(f'"{old}"', f'"{old[::-1]}"'), encoding="utf-8")
    os.utime(file, ns=times)
    with pytest.raises(InputChanged):
        builder().build(corpus, queries, tmp_path / "out")
    for verify in (False, True):  # and from now on it is known
        with pytest.raises(UsageError, match=rf"inputs\.{name} was"):
            builder(verify=verify).build(corpus, queries, tmp_path / "out")


def test_a_refused_build_leaves_what_another_one_keeps(builder, corpus, queries, tmp_path, stopped, scans) -> None:
    stopped(lambda: builder().build(corpus, queries, tmp_path / "out"))
    with pytest.raises(UsageError, match=r"augmentation\.alpha was"):
        builder(AugmentationSettings(alpha=0.7)).build(corpus, queries, tmp_path / "out")
    scans.clear()
    builder().build(corpus, queries, tmp_path / "out")
    assert scans == []


def test_nothing_reads_queries_any_more_when_a_build_that_is_stopped_closes_them(
    builder, corpus, queries, tmp_path, stopped, monkeypatch
) -> None:
    reading: list[list[str]] = []
    closed = QueryLookup.__exit__

    def closing(*given) -> None:
        reading.append([thread.name for thread in threading.enumerate() if thread.name.startswith("xqg-reader")])
        closed(*given)

    monkeypatch.setattr(QueryLookup, "__exit__", closing)
    stopped(lambda: builder(AugmentationSettings(alpha=0.2)).build(corpus, queries, tmp_path / "out"))
    assert reading == [[]]
