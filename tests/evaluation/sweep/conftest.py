"""Indexes with kept vectors, and questions, of the sweep's tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pyserini_xqg.evaluation.sweep.grid import Point
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import sentence

TEXTS = {
    language: {f"{language}{number}": sentence(first + number, 4) for number in range(12)}
    for language, first in (("fi", 400), ("ru", 500), ("sw", 600))
}
DEPTH = 10


def keep(folder: Path, rng: np.random.Generator, rows: int, dimension: int = 16) -> Path:
    """An index folder with random kept vectors of 4 queries a language; there is no index in it."""
    (folder / "vectors").mkdir(parents=True)
    np.save(folder / "vectors" / "passages.npy", rng.standard_normal((rows, dimension), dtype=np.float32))
    for language in ("fi", "ru"):
        counts = rng.integers(0, 5, rows)
        there = counts[:, None] > np.arange(4)
        vectors = rng.standard_normal((rows, 4, dimension), dtype=np.float32) * there[:, :, None]
        np.save(folder / "vectors" / f"counts.{language}.npy", counts)
        np.save(folder / "vectors" / f"queries.{language}.npy", vectors.sum(axis=1))
        for number in (1, 2):
            np.save(folder / "vectors" / f"queries.{language}.first-{number}.npy", vectors[:, :number].sum(axis=1))
    settings = {"keep_vectors": True, "keep_first": [1, 2], "augmentation": {}}
    Manifest("index", settings, counts={"queries": {"fi": 1, "ru": 1}}).write(folder)
    return folder


def by_hand(kept: KeptVectors, point: Point, languages: tuple[str, ...], aggregate: str) -> np.ndarray:
    """The index of a point in float64."""
    rows = slice(0, kept.rows)
    passages = kept.passages(0, kept.rows).astype(np.float64)
    if not languages:
        return passages
    weights = dict(point.alphas) or dict.fromkeys(languages, point.alpha)
    sums, counts, parts = np.zeros_like(passages), np.zeros(kept.rows), np.zeros(kept.rows)
    for language in languages:
        of_language = kept.counts([language], point.num_queries, rows)
        sums += weights[language] * kept.queries([language], point.num_queries, rows)
        counts, parts = counts + of_language, parts + weights[language] * of_language
    share = np.full(kept.rows, np.mean([weights[language] for language in languages]))
    if aggregate == "mean":
        sums, share = sums / np.maximum(counts, 1)[:, None], parts / np.maximum(counts, 1)
    vectors = (1 - share)[:, None] * passages + sums
    if point.normalize:
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-30)
    direction = kept.direction(languages, point.num_queries).astype(np.float64)
    return vectors - point.hubness * np.outer(vectors @ direction, direction)


@pytest.fixture
def plain(tiny_sentence_model, corpus, tmp_path) -> Path:
    builder = XqgIndexBuilder(str(tiny_sentence_model), AugmentationSettings(alpha=0), device="cpu")
    builder.build(corpus, None, tmp_path / "plain")
    return tmp_path / "plain"


def augmented(plain: Path, queries: Path, output: Path, settings: AugmentationSettings, **options) -> Path:
    kept = options.pop("index", None)
    XqgIndexBuilder(None, settings, kept, device="cpu", **options).augment(plain, queries, output)
    return output


@pytest.fixture
def kept_index(plain, queries, tmp_path) -> Path:
    settings = IndexSettings(keep_first=(1, 2))
    return augmented(plain, queries, tmp_path / "kept", AugmentationSettings(alpha=0.3), index=settings)
