from __future__ import annotations

import numpy as np
import pytest

from pyserini_xqg.indexing.choosing import choose_form, measure_recall
from pyserini_xqg.indexing.faiss_index import fill_index, make_index

GIB = 2**30


@pytest.mark.parametrize(
    ("rows", "dimension", "gib", "chosen"),
    [
        (900, 384, 1, "Flat"),
        (9000, 384, 1, "HNSW32"),
        (1_000_000, 384, 4, "HNSW32"),
        (1_000_000, 384, 1.7, "HNSW16"),
        (900_000, 384, 1.32, "IVF2048,Flat"),
        (1_000_000, 384, 1, "IVF2048,SQ8"),
        (18_000_000, 768, 100, "HNSW32"),
        (18_000_000, 768, 15, "IVF16384_HNSW32,SQ8"),
        (18_000_000, 768, 6, "OPQ256_1024,IVF8192,PQ256"),
        (18_000_000, 768, 0.5, "Flat"),
    ],
)
def test_the_form_is_the_first_that_fits(rows: int, dimension: int, gib: float, chosen: str) -> None:
    assert choose_form(rows, dimension, int(gib * GIB)) == chosen


def test_what_the_process_has_already_counts() -> None:
    assert choose_form(1_000_000, 384, 3 * GIB, 2 * GIB) == choose_form(1_000_000, 384, GIB) == "IVF2048,SQ8"


def test_recall_is_of_the_rows_that_a_flat_index_finds() -> None:
    random = np.random.default_rng(5)
    vectors = (random.standard_normal((40, 16))[np.arange(2000) % 40] * 2 + random.standard_normal((2000, 16))).astype(
        np.float32
    )
    flat, lists = make_index("Flat", 16), make_index("IVF32,Flat", 16)
    for index in (flat, lists):
        fill_index(index, vectors, threads=1)
    assert measure_recall(flat, vectors).recall == 1
    assert measure_recall(lists, vectors, nprobe=32).recall == 1
    chosen = measure_recall(lists, vectors)
    assert chosen.nprobe == lists.nprobe and chosen.questions == 256
    quarter = measure_recall(lists, vectors, nprobe=8).recall
    assert measure_recall(lists, vectors, nprobe=1).recall < quarter - 0.02 <= chosen.recall

    questions = vectors[np.linspace(0, 1999, 256).astype(int)]
    lists.nprobe = 1
    found, best = lists.search(questions, 101)[1], flat.search(questions, 101)[1]
    by_hand = [len({*a[1:]} & {*b}) / 100 for a, b in zip(best, found, strict=True)]
    assert measure_recall(lists, vectors, nprobe=1).recall == pytest.approx(np.mean(by_hand), abs=0.001)
