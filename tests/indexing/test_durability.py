"""Builds that are disturbed, moved, linked or short of open files, and what is safe on the disk at their end."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, UsageError, XqgError
from pyserini_xqg.generation.filtering.scoring import score_queries
from pyserini_xqg.indexing.augmentation import Augmenter
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from tests.conftest import sentence, write_lines
from tests.fixtures.processes import finish, start
from tests.indexing.helpers import files_of

SETTINGS = AugmentationSettings(alpha=0.2)


def when_encoding_starts(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """After the check of the inputs, before the first part is read."""
    make = Augmenter.__init__

    def init(augmenter: Augmenter, *arguments: object, **options: object) -> None:
        make(augmenter, *arguments, **options)  # type: ignore[arg-type]
        act()

    monkeypatch.setattr(Augmenter, "__init__", init)


@pytest.mark.parametrize("which", ["corpus", "queries"])
def test_a_build_stops_where_an_input_changes_during_it(builder, corpus, queries, tmp_path, monkeypatch, which) -> None:
    file = {"corpus": corpus, "queries": queries}[which]
    before = file.read_text(encoding="utf-8")
    assert '"d12"' in before and '"d21"' in before
    changed = before.replace('"d12"', '"d_"').replace('"d21"', '"d12"').replace('"d_"', '"d21"')
    when_encoding_starts(monkeypatch, lambda: file.write_text(changed, encoding="utf-8"))
    with pytest.raises(XqgError, match=rf"{file.name} has changed since this run began"):
        builder().build(corpus, queries, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    monkeypatch.undo()
    file.write_text(before, encoding="utf-8")  # what was there is put back, and the run goes on
    builder().build(corpus, queries, tmp_path / "out")
    builder().build(corpus, queries, tmp_path / "whole")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


@pytest.mark.parametrize("harm", ["vectors", "ids", "cut"])
def test_an_index_that_changes_while_it_is_augmented_stops_that(
    builder, corpus, queries, tmp_path, monkeypatch, harm
) -> None:
    plain = tmp_path / "plain"
    builder(AugmentationSettings(alpha=0)).build(corpus, None, plain)

    def act() -> None:
        file = plain / ("docid" if harm == "ids" else "index")
        content = bytearray(file.read_bytes())
        content[-3] ^= 1
        file.write_bytes(content[:-200] if harm == "cut" else content)

    when_encoding_starts(monkeypatch, act)
    with pytest.raises(XqgError, match="plain has changed since this run began"):
        XqgIndexBuilder(None, SETTINGS, device="cpu", part_size=4).augment(plain, queries, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_hubness_topics_that_change_during_a_build_stop_it(builder, corpus, queries, tmp_path, monkeypatch) -> None:
    topics = tmp_path / "topics.tsv"
    topics.write_text("1\tmissä joki\n")
    sha256_of = "pyserini_xqg.indexing.build.mean_and_direction"
    from pyserini_xqg.indexing.query_mean import mean_and_direction

    def changing(*arguments: object) -> object:
        topics.write_text("1\tkuka kuningas\n")
        return mean_and_direction(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(sha256_of, changing)
    settings = AugmentationSettings(alpha=0.2, reduce_hubness=0.5)
    with pytest.raises(XqgError, match=r"topics\.tsv has changed"):
        builder(settings, hubness_topics=topics).build(corpus, queries, tmp_path / "out")


LINKS: dict[str, Callable[[Path], Path]] = {
    "to an empty folder": lambda folder: _link(folder / "out", folder / "disk" / "index", make=True),
    "to nothing": lambda folder: _link(folder / "out", folder / "disk" / "index"),
    "to nothing, by a relative path": lambda folder: _link(folder / "out", Path("disk") / "index"),
    "to a link": lambda folder: (
        _link(_link(folder / "out", folder / "on").parent / "on", folder / "disk" / "index").parent / "out"
    ),
    "in the middle": lambda folder: _link(folder / "middle", folder / "disk", make=True) / "index",
}


def _link(place: Path, target: Path, make: bool = False) -> Path:
    if make:
        target.mkdir(parents=True)
    place.symlink_to(target)
    return place


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_an_output_that_is_a_link_is_made_where_the_link_leads(
    builder, corpus, queries, tmp_path, link: Callable[[Path], Path]
) -> None:
    output = link(tmp_path)
    builder().build(corpus, queries, output)
    builder().build(corpus, queries, output)
    made = tmp_path / "disk" / "index"
    assert not made.is_symlink() and (made / MANIFEST).exists() and (output / MANIFEST).samefile(made / MANIFEST)
    assert [file.name for file in made.parent.iterdir()] == ["index"]
    assert not list(tmp_path.glob("*.partial"))
    builder().build(corpus, queries, tmp_path / "plain")
    assert {name for name, content in files_of(made).items() if content != files_of(tmp_path / "plain")[name]} <= {
        MANIFEST
    }


def test_a_link_that_leads_to_itself_is_refused_before_any_work(builder, corpus, queries, tmp_path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "out")
    with pytest.raises(UsageError, match="is a symbolic link that leads nowhere"):
        builder().build(corpus, queries, tmp_path / "out")


def test_a_link_to_what_is_no_artifact_is_refused_before_any_work(
    builder, corpus, queries, tmp_path, monkeypatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").touch()
    (tmp_path / "out").symlink_to(tmp_path / "mine")
    when_encoding_starts(monkeypatch, lambda: pytest.fail("encoding began"))
    with pytest.raises(UsageError, match="out is there and is no artifact of xqg"):
        builder().build(corpus, queries, tmp_path / "out")


@pytest.mark.parametrize("is_finished", [True, False])
def test_the_same_model_at_another_place_and_other_threads_make_the_same_index(
    copied_model, corpus, queries, tmp_path, monkeypatch, is_finished
) -> None:
    def build(model: Path, threads: int | None, output: Path) -> Manifest:
        form = IndexSettings("HNSW8", threads=threads)
        return XqgIndexBuilder(str(model), SETTINGS, form, device="cpu", part_size=4).build(corpus, queries, output)

    output, moved = tmp_path / "out", tmp_path / "moved"
    if is_finished:
        build(copied_model, None, output)
    else:
        with monkeypatch.context() as stopping:
            stopping.setattr(VectorFiles, "query_counts", lambda _: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                build(copied_model, None, output)
    shutil.move(copied_model, moved)
    with monkeypatch.context() as watching:
        watching.setattr(VectorFiles, "write", lambda *_: pytest.fail("a part was made again"))
        build(moved, 2, output)
    with (moved / "vocab.txt").open("a") as handle:
        handle.write("more\n")
    with pytest.raises(UsageError, match=r"settings\.encoder\.model\.sha256 was"):
        build(moved, 2, output)


@pytest.mark.parametrize(("factory", "memory"), [("Flat", None), ("HNSW8", None), ("IVF2,Flat", "64G")])
def test_all_that_an_index_holds_is_on_disk_before_its_manifest(
    builder, corpus, queries, tmp_path, monkeypatch, factory, memory
) -> None:
    synced: list[tuple[int, int]] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        stat = os.fstat(descriptor)
        synced.append((stat.st_ino, stat.st_mtime_ns))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    form = IndexSettings(factory, keep_vectors=True, max_memory=memory)
    builder(index=form).build(corpus, queries, tmp_path / "out")
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert {"index", "docid", "passages.npy"} <= {file.name for file in files}
    manifest = (tmp_path / "out" / MANIFEST).stat().st_ino
    before = synced[: [inode for inode, _ in synced].index(manifest)]
    for file in files:
        if file.name != MANIFEST:
            assert (file.stat().st_ino, file.stat().st_mtime_ns) in before, file
    folder = (tmp_path / "out").stat()  # its last change of names, too
    assert (folder.st_ino, folder.st_mtime_ns) in synced


def test_a_field_that_the_manifest_of_an_index_lacks_is_named(builder, corpus, queries, tmp_path) -> None:
    builder().build(corpus, queries, tmp_path / "out")
    file = tmp_path / "out" / MANIFEST
    whole = file.read_text(encoding="utf-8")
    for harm, words in (
        (('"encoder": {', '"incoder": {'), "settings.encoder is not there"),
        (('"dtype"', '"later"'), r"settings.encoder.later is unknown to this version. Install a newer"),
        (('"sha256"', '"sha"'), r"settings.encoder.model.sha256 is not there"),
        (('"alpha": 0.2', '"alpha": 7'), r"settings.augmentation cannot be read \(alpha is 7"),
        (('"alpha"', '"beta"'), r"settings.augmentation.beta is unknown to this version. Install a newer"),
    ):
        assert harm[0] in whole
        file.write_text(whole.replace(*harm), encoding="utf-8")
        with pytest.raises(InvalidInput, match=rf"xqg\.json: {words}"):
            if harm[1] == '"incoder": {':
                assert Manifest.read(file.parent).settings["encoder"]
            XqgIndexBuilder(None, SETTINGS, device="cpu").augment(tmp_path / "out", queries, tmp_path / "more")


def test_a_dry_run_counts_the_queries_that_would_be_used(builder, corpus, queries, tmp_path) -> None:
    def plan(settings: AugmentationSettings, **form: object) -> tuple[int, int]:
        made = builder(settings, IndexSettings(**form)).plan(corpus, queries, tmp_path / "out")
        return made.passages_with_queries, made.queries

    every = [1 + number % 3 for number in range(23) if number not in (4, 9)]
    assert plan(SETTINGS) == (22, sum(every) + 2 * 22)
    assert plan(AugmentationSettings(alpha=0.2, languages=("fi",))) == (21, sum(every))
    assert plan(AugmentationSettings(alpha=0.2, languages=("fi",), num_queries=2)) == (
        21,
        sum(min(2, count) for count in every),
    )
    assert plan(AugmentationSettings(alpha=0)) == (0, 0)
    assert plan(AugmentationSettings(alpha=0), keep_vectors=True) == plan(SETTINGS)


def _build_with_few_files(model: str, corpus: Path, queries: Path, output: Path) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    form = IndexSettings(keep_first=(1,))
    XqgIndexBuilder(model, SETTINGS, form, device="cpu", part_size=64).build(corpus, queries, output)
    # A part is a file here.
    score_queries(corpus, queries, output, output.with_name("scored"), device="cpu", part_size=1)


@pytest.mark.slow
def test_many_files_of_queries_are_indexed_and_scored_with_256_open_files(tiny_sentence_model, tmp_path) -> None:
    files = 400
    ids = [f"d{number}" for number in range(files)]
    corpus = write_lines(tmp_path / "corpus.jsonl", ({"id": name, "text": sentence(k)} for k, name in enumerate(ids)))
    folder = tmp_path / "queries"
    folder.mkdir()
    codes = ("ar", "bn", "fi", "ja", "ko", "ru", "te", "sw", "hi", "de")
    for number, name in enumerate(ids):
        record = {"id": name, "queries": {code: [sentence(number, 2)] for code in codes}}
        write_lines(folder / f"part-{number:06}.jsonl", [record])
    process = start(
        _build_with_few_files, str(tiny_sentence_model), corpus, folder, tmp_path / "out", output=tmp_path / "printed"
    )
    finish(process, tmp_path / "printed")
    assert Manifest.read(tmp_path / "out").counts["queries"] == dict.fromkeys(sorted(codes), files)
    assert len(list((tmp_path / "scored").glob("*.jsonl"))) == files
