from __future__ import annotations

import gzip
import json
import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from pyserini_xqg.collection.passages import passage_text
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import make_model, write_lines
from tests.fixtures.parts import markers
from tests.fixtures.processes import start

SETTINGS = AugmentationSettings(alpha=0.2)


def records(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def vectors_of(index: Path) -> np.ndarray:
    found = faiss.read_index(str(index / "index"))
    return found.reconstruct_n(0, found.ntotal)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def encoder(tiny_sentence_model: Path) -> TextEncoder:
    return TextEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu")


def by_hand(encoder: TextEncoder, corpus: Path, queries: Path, languages=None, num_queries=None):
    """Passage vectors, query sums and query counts in float64, one text at a time."""
    own = {record["id"]: record["queries"] for record in records(queries)}
    passages, sums, counts = [], [], []
    for record in records(corpus):
        text = passage_text(record.get("title"), record["text"])
        passages.append(encoder.encode([text], "passage")[0].astype(np.float64))
        texts = [
            text
            for language, texts in own.get(record["id"], {}).items()
            if languages is None or language in languages
            for text in texts[:num_queries]
        ]
        sums.append(
            sum((encoder.encode([text], "query")[0].astype(np.float64) for text in texts), np.zeros(encoder.dimension))
        )
        counts.append(len(texts))
    return np.array(passages), np.array(sums), np.array(counts)


def test_the_index_is_the_formula(builder, encoder, corpus, queries, tmp_path) -> None:
    manifest = builder().build(corpus, queries, tmp_path / "out")
    passages, sums, _ = by_hand(encoder, corpus, queries)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), 0.8 * passages + 0.2 * sums, atol=1e-6)
    assert (tmp_path / "out" / "docid").read_text().split() == [record["id"] for record in records(corpus)]
    assert manifest.counts["passages"] == 23
    assert manifest.counts["passages_without_queries"] == 1
    assert manifest.counts["queries_records_with_unknown_id"] == 1
    assert (
        manifest.counts["queries"] == {"fi": 43 - 3, "ru": 44}
        or sum(manifest.counts["queries"].values()) == by_hand(encoder, corpus, queries)[2].sum()
    )


def test_the_mean_is_independent_of_the_number_of_queries(builder, encoder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=0.3, aggregate="mean")).build(corpus, queries, tmp_path / "out")
    passages, sums, counts = by_hand(encoder, corpus, queries)
    expected = 0.7 * passages + 0.3 * sums / np.maximum(counts, 1)[:, None]
    assert (counts == 0).any()
    expected[counts == 0] = passages[counts == 0]
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), expected, atol=1e-6)


def test_languages_and_numbers_of_queries_are_chosen(builder, encoder, corpus, queries, tmp_path) -> None:
    settings = AugmentationSettings(alpha=0.2, languages=("fi",), num_queries=1)
    manifest = builder(settings).build(corpus, queries, tmp_path / "out")
    passages, sums, _ = by_hand(encoder, corpus, queries, languages=["fi"], num_queries=1)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), 0.8 * passages + 0.2 * sums, atol=1e-6)
    assert manifest.counts["queries"] == {"fi": 21}
    assert manifest.counts["passages_without_queries"] == 2


def test_alpha_0_is_the_plain_index_and_alpha_1_the_queries(builder, encoder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=0)).build(corpus, queries, tmp_path / "plain")
    builder(AugmentationSettings(alpha=1)).build(corpus, queries, tmp_path / "queries")
    passages, sums, _ = by_hand(encoder, corpus, queries)
    np.testing.assert_allclose(vectors_of(tmp_path / "plain"), passages, atol=1e-6)
    np.testing.assert_allclose(vectors_of(tmp_path / "queries"), sums, atol=1e-5)


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


def test_normalized_vectors_have_unit_length(builder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=0.2, normalize=True)).build(corpus, queries, tmp_path / "out")
    np.testing.assert_allclose(np.linalg.norm(vectors_of(tmp_path / "out"), axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 0.2])
def test_hubness_reduction_takes_the_mean_query_direction_out(
    builder, encoder, corpus, queries, tmp_path, alpha
) -> None:
    manifest = builder(AugmentationSettings(alpha=alpha, reduce_hubness=0.5)).build(corpus, queries, tmp_path / "out")
    passages, sums, _ = by_hand(encoder, corpus, queries)
    direction = sums.sum(axis=0) / np.linalg.norm(sums.sum(axis=0))
    np.testing.assert_allclose(manifest.details["mean_query_direction"], direction, atol=1e-5)
    augmented = (1 - alpha) * passages + alpha * sums
    expected = augmented - 0.5 * np.outer(augmented @ direction, direction)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), expected, atol=1e-5)


def test_hubness_direction_can_come_from_topics(builder, encoder, corpus, tmp_path) -> None:
    topics = tmp_path / "topics.tsv"
    topics.write_text("1\tmissä joki\n2\tкто король\n", encoding="utf-8")
    settings = AugmentationSettings(alpha=0, reduce_hubness=1)
    builder(settings, hubness_topics=topics).build(corpus, None, tmp_path / "out")
    direction = encoder.encode(["missä joki", "кто король"], "query").mean(axis=0)
    direction /= np.linalg.norm(direction)
    np.testing.assert_allclose(vectors_of(tmp_path / "out") @ direction, 0, atol=1e-6)


def test_the_shuffled_control_uses_the_queries_of_other_passages(builder, encoder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=0.2, control="shuffled")).build(corpus, queries, tmp_path / "out")
    passages, sums, _ = by_hand(encoder, corpus, queries)
    moved = np.roll(sums, -(len(sums) // 2), axis=0)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), 0.8 * passages + 0.2 * moved, atol=1e-6)


def test_the_mean_control_adds_the_same_vector_to_every_passage(builder, encoder, corpus, queries, tmp_path) -> None:
    settings = AugmentationSettings(alpha=0.2, aggregate="mean", control="mean")
    builder(settings).build(corpus, queries, tmp_path / "out")
    passages, sums, counts = by_hand(encoder, corpus, queries)
    added = np.where(counts[:, None] > 0, sums.sum(axis=0) / counts.sum(), passages)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), 0.8 * passages + 0.2 * added, atol=1e-6)


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


def test_kept_vectors_make_the_index(builder, corpus, queries, tmp_path) -> None:
    builder(index=IndexSettings(keep_vectors=True)).build(corpus, queries, tmp_path / "out")
    kept = tmp_path / "out" / "vectors"
    passages = np.load(kept / "passages.npy", mmap_mode="r")
    sums = sum(np.load(kept / f"queries.{language}.npy") for language in ("fi", "ru"))
    np.testing.assert_allclose(
        vectors_of(tmp_path / "out"), np.float32(0.8) * passages + np.float32(0.2) * sums, atol=1e-7
    )
    assert np.load(kept / "counts.fi.npy").tolist()[:3] == [1, 2, 3]
    assert np.load(kept / "counts.ru.npy")[4] == 0
    builder().build(corpus, queries, tmp_path / "without")
    assert (tmp_path / "without" / "index").read_bytes() == (tmp_path / "out" / "index").read_bytes()


@pytest.mark.parametrize("control", [None, "shuffled", "mean"])
def test_the_sums_of_the_first_queries_are_kept(builder, corpus, queries, tmp_path, control) -> None:
    settings = AugmentationSettings(alpha=0.2, control=control)
    builder(settings, IndexSettings(keep_first=(2, 1, 2))).build(corpus, queries, tmp_path / "all")
    kept, number_1 = tmp_path / "all" / "vectors", np.load(tmp_path / "all" / "vectors" / "queries.fi.first-1.npy")
    assert len(list(kept.iterdir())) == 1 + 2 * 4
    for number in (1, 2):
        own = replace(settings, num_queries=number)
        builder(own, IndexSettings(keep_vectors=True)).build(corpus, queries, tmp_path / str(number))
        for language in ("fi", "ru"):
            sums = np.load(kept / f"queries.{language}.first-{number}.npy")
            alone = np.load(tmp_path / str(number) / "vectors" / f"queries.{language}.npy")
            if control != "mean":  # the mean is that of the queries that count
                np.testing.assert_allclose(sums, alone, atol=1e-6)
            assert (np.abs(sums).sum(axis=1) > 0).tolist() == (np.abs(alone).sum(axis=1) > 0).tolist()
    assert np.abs(np.load(kept / "queries.fi.npy") - number_1).max() > 0.1
    builder(settings).build(corpus, queries, tmp_path / "without")
    assert (tmp_path / "without" / "index").read_bytes() == (tmp_path / "all" / "index").read_bytes()


def test_augmenting_a_plain_index_equals_a_fresh_build(builder, corpus, queries, tmp_path) -> None:
    settings = AugmentationSettings(alpha=0.2, reduce_hubness=0.3)
    builder(settings).build(corpus, queries, tmp_path / "fresh")
    builder(AugmentationSettings(alpha=0)).build(corpus, None, tmp_path / "plain")
    named = XqgIndexBuilder(None, settings, device="cpu", part_size=5).augment(
        tmp_path / "plain", queries, tmp_path / "augmented"
    )
    np.testing.assert_allclose(vectors_of(tmp_path / "augmented"), vectors_of(tmp_path / "fresh"), atol=1e-5)
    assert (tmp_path / "augmented" / "docid").read_bytes() == (tmp_path / "fresh" / "docid").read_bytes()
    assert named.settings["encoder"] == Manifest.read(tmp_path / "fresh").settings["encoder"]


def test_an_index_of_stock_pyserini_can_be_augmented(builder, tiny_sentence_model, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=0)).build(corpus, None, tmp_path / "plain")
    (tmp_path / "plain" / "xqg.json").unlink()  # as pyserini.encode --to-faiss leaves it
    with pytest.raises(UsageError, match="does not name its encoder"):
        XqgIndexBuilder(None, SETTINGS).augment(tmp_path / "plain", queries, tmp_path / "augmented")
    builder().augment(tmp_path / "plain", queries, tmp_path / "augmented")
    builder().build(corpus, queries, tmp_path / "fresh")
    np.testing.assert_allclose(vectors_of(tmp_path / "augmented"), vectors_of(tmp_path / "fresh"), atol=1e-5)


def test_an_augmented_index_is_not_augmented_again(builder, corpus, queries, tmp_path) -> None:
    builder().build(corpus, queries, tmp_path / "out")
    with pytest.raises(UsageError, match="not plain"):
        builder().augment(tmp_path / "out", queries, tmp_path / "twice")


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


def test_with_alpha_1_a_passage_without_queries_keeps_its_vector(builder, encoder, corpus, queries, tmp_path) -> None:
    builder(AugmentationSettings(alpha=1, aggregate="mean")).build(corpus, queries, tmp_path / "out")
    passages, sums, counts = by_hand(encoder, corpus, queries)
    expected = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], passages)
    np.testing.assert_allclose(vectors_of(tmp_path / "out"), expected, atol=1e-6)
