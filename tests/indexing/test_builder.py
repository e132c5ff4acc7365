from __future__ import annotations

import gzip
import json
import random
import shutil
import time
from pathlib import Path

import faiss
import numpy as np
import pytest

from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.search import IndexSearcher
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from tests.conftest import make_model, write_lines
from tests.fixtures.parts import markers
from tests.fixtures.processes import start
from tests.indexing.helpers import files_of, vectors_of

SETTINGS = AugmentationSettings(alpha=0.2)


def test_queries_of_which_none_counts_are_refused_where_they_are_looked_at(builder, corpus, tmp_path) -> None:
    dropped = write_lines(tmp_path / "dropped.jsonl", [{"id": f"d{number}", "queries": {}} for number in range(23)])
    plain, none = tmp_path / "plain", tmp_path / "none"
    builder(AugmentationSettings(alpha=0)).build(corpus, dropped, plain)
    builder().build(corpus, None, none)
    assert files_of(plain)["index"] == files_of(none)["index"]
    for make in (
        lambda: builder().build(corpus, dropped, tmp_path / "out"),
        lambda: builder().plan(corpus, dropped, tmp_path / "out"),
        lambda: XqgIndexBuilder(augmentation=SETTINGS).augment(plain, dropped, tmp_path / "out"),
        lambda: builder(AugmentationSettings(alpha=0), IndexSettings(keep_vectors=True)).build(
            corpus, dropped, tmp_path / "out"
        ),
    ):
        with pytest.raises(InvalidInput, match="none of the 23 records of these passages has a query"):
            make()
        assert not (tmp_path / "out").exists()


def test_the_order_of_the_queries_and_gzip_make_no_difference(builder, corpus, queries, tmp_path) -> None:
    lines = queries.read_text(encoding="utf-8").splitlines(keepends=True)
    folder = tmp_path / "queries"
    folder.mkdir()
    random.Random(1).shuffle(lines)
    (folder / "a.jsonl").write_text("".join(lines[:9]), encoding="utf-8")
    with gzip.open(folder / "b.jsonl.gz", "wt", encoding="utf-8") as handle:
        handle.writelines(lines[9:])
    zipped = tmp_path / "zipped.jsonl.gz"
    zipped.write_bytes(gzip.compress(corpus.read_bytes()))
    builder().build(corpus, queries, tmp_path / "one")
    builder().build(zipped, folder, tmp_path / "other")
    assert (tmp_path / "one" / "index").read_bytes() == (tmp_path / "other" / "index").read_bytes()
    assert (tmp_path / "one" / "docid").read_bytes() == (tmp_path / "other" / "docid").read_bytes()


def test_the_same_command_twice_does_nothing_and_other_settings_are_refused(builder, corpus, queries, tmp_path) -> None:
    builder().build(corpus, queries, tmp_path / "out")
    made = (tmp_path / "out" / "index").stat().st_mtime_ns
    builder().build(corpus, queries, tmp_path / "out")
    assert (tmp_path / "out" / "index").stat().st_mtime_ns == made
    with pytest.raises(UsageError, match=r"augmentation.alpha was 0\.2, now 0\.5"):
        builder(AugmentationSettings(alpha=0.5)).build(corpus, queries, tmp_path / "out")
    corpus.write_text(corpus.read_text(encoding="utf-8") + '{"id": "new", "text": "river"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"inputs.corpus was"):
        builder().build(corpus, queries, tmp_path / "out")


@pytest.mark.parametrize("factory", ["Flat", "HNSW8", "SQfp16", "IVF2,Flat"])
def test_other_forms_of_index_find_what_the_flat_one_finds(
    builder, encoder, corpus, queries, tmp_path, factory
) -> None:
    builder(index=IndexSettings(factory, nprobe=2 if "IVF" in factory else None)).build(
        corpus, queries, tmp_path / "out"
    )
    builder().build(corpus, queries, tmp_path / "flat")
    asked = encoder.encode(["missä joki", "river bridge", "кто король"], "query")
    index = faiss.read_index(str(tmp_path / "out" / "index"))
    assert index.metric_type == faiss.METRIC_INNER_PRODUCT
    _, found = index.search(asked, 5)
    expected = np.argsort(-(asked @ vectors_of(tmp_path / "flat").T), axis=1, kind="stable")[:, :5]
    if factory == "SQfp16":  # rounding swaps near ties
        assert all(len(set(some) & set(others)) >= 4 for some, others in zip(found, expected, strict=True))
    else:
        assert (found == expected).all()
    assert not list(tmp_path.glob("*.partial"))
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"index", "docid", "xqg.json"}


def test_lists_on_disk_stand_beside_the_index_and_nothing_else_does(builder, corpus, queries, tmp_path) -> None:
    form = IndexSettings("IVF2,Flat", nprobe=2, max_memory="64G")
    builder(index=form).build(corpus, queries, tmp_path / "made" / "out")
    builder(index=form).build(corpus, queries, tmp_path / "made" / "out")  # it is there already
    builder(index=IndexSettings("IVF2,Flat", nprobe=2)).build(corpus, queries, tmp_path / "read")
    moved = shutil.move(tmp_path / "made" / "out", tmp_path / "moved")
    assert {file.name for file in moved.iterdir()} == {"index", "ivfdata", "docid", "xqg.json"}
    assert not any((tmp_path / "made").iterdir())
    vectors = np.eye(32, dtype=np.float32)
    for one, other in zip(
        *(IndexSearcher(tmp_path / name).search(vectors, 9) for name in ("moved", "read")), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_auto_is_named_with_what_it_chose(builder, corpus, queries, tmp_path) -> None:
    form = IndexSettings("auto", max_memory="64G")
    made = builder(index=form).build(corpus, queries, tmp_path / "out")
    assert made.settings["index"]["factory"] == "auto"
    assert made.details["auto"] == {"factory": "Flat", "recall": 1.0}
    builder().build(corpus, queries, tmp_path / "flat")
    assert (tmp_path / "out" / "index").read_bytes() == (tmp_path / "flat" / "index").read_bytes()


def test_memory_that_is_too_little_ends_before_anything_is_encoded(builder, corpus, queries, tmp_path) -> None:
    small = builder(index=IndexSettings("SQ8", max_memory="1M"))
    for work in (small.build, small.plan):
        with pytest.raises(UsageError, match=r"an index SQ8 of 23 vectors of 32 dimensions takes .* max_memory is 1M"):
            work(corpus, queries, tmp_path / "out")
    assert not markers(tmp_path / "out.partial")
    builder(index=IndexSettings("SQ8", max_memory="64G")).build(corpus, queries, tmp_path / "out")


def test_a_part_that_faiss_refuses_leaves_the_vectors_for_another_form(builder, corpus, queries, tmp_path) -> None:
    with pytest.raises(InvalidInput, match="from 23 vectors"):
        builder(index=IndexSettings("PQ4")).build(corpus, queries, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert len(markers(tmp_path / "out.partial")) == 6
    builder(index=IndexSettings("Flat")).build(corpus, queries, tmp_path / "out")
    builder().build(corpus, queries, tmp_path / "fresh")
    assert (tmp_path / "out" / "index").read_bytes() == (tmp_path / "fresh" / "index").read_bytes()


@pytest.mark.parametrize("harm", ["markers", "rows", "file", "earlier format"])
def test_parts_that_were_lost_or_damaged_are_made_again(builder, corpus, queries, tmp_path, monkeypatch, harm) -> None:
    settings, form = AugmentationSettings(alpha=0.2, reduce_hubness=0.5), IndexSettings(keep_vectors=True)
    builder(settings, form).build(corpus, queries, tmp_path / "whole")
    with monkeypatch.context() as stopping:
        stopping.setattr(VectorFiles, "query_counts", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            builder(settings, form).build(corpus, queries, tmp_path / "out")
    left = tmp_path / "out.partial"
    vectors, done = left / "vectors.flat", markers(left)
    assert len(done) == 6
    if harm == "markers":
        for number in (1, 2, 5):
            done[number].unlink()
    elif harm == "rows":
        content = bytearray(vectors.read_bytes())
        content[len(content) // 2] ^= 1
        vectors.write_bytes(content)
    elif harm == "file":
        (left / "vectors" / "queries.fi.npy").unlink()
    else:  # a counter of parts, and no markers
        shutil.rmtree(left / "parts")
        progress = json.loads((left / "progress.json").read_text())
        progress |= {"parts_done": 6, "notes": progress["notes"] | {"without_queries": 9, "queries": {"fi": 9}}}
        (left / "progress.json").write_text(json.dumps(progress))
        vectors.write_bytes(bytes(vectors.stat().st_size))
    made: list[int] = []
    write = VectorFiles.write
    monkeypatch.setattr(VectorFiles, "write", lambda files, part: (made.append(part.number), write(files, part)))
    builder(settings, form).build(corpus, queries, tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")
    expected = {"markers": [1, 2, 5], "rows": [2], "file": list(range(6)), "earlier format": list(range(6))}
    assert made == expected[harm]


def _build(
    model: str, corpus: Path, queries: Path, index: IndexSettings, settings: AugmentationSettings, output: Path
) -> None:
    import torch

    torch.set_num_threads(1)
    XqgIndexBuilder(model, settings, index, device="cpu", part_size=1).build(corpus, queries, output)


@pytest.mark.parametrize(
    ("index", "settings"),
    [
        (IndexSettings(), SETTINGS),
        (
            IndexSettings("HNSW8", keep_first=(1,)),
            AugmentationSettings(alpha=0.2, reduce_hubness=0.5, control="shuffled"),
        ),
    ],
    ids=["flat", "graph and kept vectors"],
)
@pytest.mark.slow
def test_a_build_killed_at_random_moments_ends_with_the_same_bytes(
    tiny_sentence_model, corpus, queries, tmp_path, index, settings
) -> None:
    given = (str(tiny_sentence_model), corpus, queries, index, settings)
    whole = start(_build, *given, tmp_path / "whole")
    whole.join(300)
    assert whole.exitcode == 0

    # Some kills at any time, before the first part most likely, and some after so many parts and a moment more; however
    # fast the machine is, the build cannot be over by then.
    chance = random.Random(7)
    broken = tmp_path / "broken"

    def parts_done() -> int:
        return len(markers(tmp_path / "broken.partial"))

    for parts in (0, 0, 2, 7, 13, 18):
        process = start(_build, *given, broken)
        while parts and parts_done() < parts and process.exitcode is None:
            time.sleep(0.001)
        process.join(chance.uniform(0, 0.02 if parts else 0.3))
        process.kill()
        process.join()
        assert not broken.exists() or (broken / "xqg.json").exists()
    assert parts_done() >= 18 or broken.exists()
    process = start(_build, *given, broken)
    process.join(300)
    assert process.exitcode == 0
    one, other = files_of(tmp_path / "whole"), files_of(broken)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    shutil.rmtree(broken)


def test_a_query_model_of_another_dimension_is_refused_before_any_work(tiny_model, corpus, tmp_path) -> None:
    other = make_model(tmp_path / "other", hidden=16)
    settings = EncoderSettings(str(tiny_model), query_model=str(other))
    with pytest.raises(UsageError, match="16 dimensions"):
        XqgIndexBuilder(settings, AugmentationSettings(alpha=0)).build(corpus, None, tmp_path / "out")
    assert not (tmp_path / "out").exists()
