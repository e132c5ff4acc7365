"""The arithmetic of plans against what real runs write."""

from __future__ import annotations

import random
from pathlib import Path

import faiss
import numpy as np
import pytest

from pyserini_xqg import AugmentationSettings, XqgIndexBuilder, XqgQueryBuilder
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from pyserini_xqg.generation.cleaning import CleaningSettings
from pyserini_xqg.indexing.faiss_index import fill_index, make_index
from pyserini_xqg.indexing.settings import IndexSettings
from pyserini_xqg.planning import sizes
from pyserini_xqg.planning.forms import index_bytes, settled_form
from pyserini_xqg.planning.sample import Sample
from pyserini_xqg.storage.workspace import Workspace
from tests.conftest import WORDS, write_lines
from tests.indexing.helpers import records

PASSAGES, LANGUAGES, NUMBER = 2500, ("fi", "ru"), 2
# As the issue asks for.
NEAR = 0.3


def near(expected: float) -> object:
    return pytest.approx(expected, rel=NEAR)


def size_of(*places: Path) -> int:
    files = [file for place in places for file in (place.rglob("*") if place.is_dir() else [place])]
    return sum(file.stat().st_size for file in files if file.is_file())


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder, draw = tmp_path_factory.mktemp("collection"), random.Random(0)

    def text(least: int, most: int) -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(least, most)))

    ids = [f"article-{draw.randrange(10**6):06}-{number}" for number in range(PASSAGES)]
    corpus = write_lines(
        folder / "corpus.jsonl", ({"id": each, "title": text(1, 3), "text": text(3, 12)} for each in ids)
    )
    own = ({"id": each, "queries": {name: [text(2, 5), text(2, 5)] for name in LANGUAGES}} for each in ids)
    return corpus, write_lines(folder / "queries.jsonl", own)


def test_corpus_queries_index_kept_vectors_and_working_files(
    collection: tuple[Path, Path], tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, queries = collection
    sample = Sample.read(corpus, queries)
    assert sizes.corpus_bytes(sample, PASSAGES) == near(size_of(corpus))
    assert sizes.queries_bytes(sample, PASSAGES, LANGUAGES, NUMBER) == near(size_of(queries))

    most: list[int] = []
    finish = Workspace.finish

    def measured(workspace: Workspace, *given: object) -> None:
        names = ("vectors.flat", "docid", "vectors")
        most.append(size_of(workspace.folder) - size_of(*(workspace.folder / name for name in names)))
        finish(workspace, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Workspace, "finish", measured)
    form = IndexSettings(keep_first=(1,))
    builder = XqgIndexBuilder(str(tiny_model), AugmentationSettings(), form, device="cpu")
    builder.build(corpus, queries, tmp_path / "out")
    (working,) = most
    assert sizes.scan_bytes(sample, PASSAGES, LANGUAGES) == near(working)
    assert sizes.kept_bytes(PASSAGES, 32, 2, 1) == near(size_of(tmp_path / "out" / "vectors"))
    assert index_bytes("Flat", 32, PASSAGES) == near(size_of(tmp_path / "out" / "index"))
    assert PASSAGES * (sample.id_bytes + 1) == near(size_of(tmp_path / "out" / "docid"))


def test_generated_queries(tiny_mt5: Path, tmp_path: Path) -> None:
    passages = ({"id": f"d{number}", "text": f"{WORDS[number % 50]} river bridge {number}"} for number in range(40))
    corpus = write_lines(tmp_path / "corpus.jsonl", passages)
    generator = Seq2SeqGenerator(model=str(tiny_mt5), device="cpu", output_length=12)
    cleaning = CleaningSettings(least_script=0)
    made = XqgQueryBuilder(generator, LANGUAGES, NUMBER, cleaning=cleaning).build(corpus, tmp_path / "queries")
    assert sum(made.counts["queries"].values()) > 0.9 * 40 * 2 * NUMBER
    (file,) = (tmp_path / "queries").glob("part-*.jsonl")
    sample = Sample.read(corpus, write_lines(tmp_path / "sample.jsonl", records(file)[::3]))
    assert sizes.queries_bytes(sample, 40, LANGUAGES, NUMBER) == near(size_of(file))


FORMS = ("SQfp16", "SQ8", "PQ8x4", "HNSW16", "HNSW8_SQ8", "IVF16,Flat", "IVF16,PQ8x4", "PCA16,SQ8", "PQ8x4,RFlat")


@pytest.mark.parametrize("factory", ["Flat", *FORMS])
def test_forms_of_the_index(factory: str) -> None:
    rows = np.random.default_rng(0).normal(size=(3000, 32)).astype(np.float32)
    index = make_index(factory, 32)
    fill_index(index, rows, threads=1)
    written = len(faiss.serialize_index(index))
    assert index_bytes(factory, 32, len(rows)) == near(written)


def test_a_form_that_is_not_known_is_an_error() -> None:
    with pytest.raises(UsageError, match="what an index 'NSG16' takes is not known"):
        index_bytes("NSG16", 32, 10)
    with pytest.raises(UsageError, match="faiss cannot make"):
        index_bytes("nothing", 32, 10)


def test_the_form_is_chosen_and_held_against_the_memory() -> None:
    rows, dimension, held = 1_000_000, 384, 10**9
    assert settled_form(IndexSettings(), dimension, rows, held) == ("Flat", 0)
    wide, narrow = (
        settled_form(IndexSettings("auto", max_memory=limit), dimension, rows, held) for limit in ("15G", "2500M")
    )
    assert wide[0] == "HNSW32" and narrow[0].startswith(("IVF", "OPQ"))
    assert narrow[1] + held < 2500 * 2**20 < wide[1] + held < 15 * 2**30
    with pytest.raises(UsageError, match=r"an index 'HNSW32' of 1,000,000 vectors takes .* and max_memory is 2G"):
        settled_form(IndexSettings("HNSW32", max_memory="2G"), dimension, rows, held)
