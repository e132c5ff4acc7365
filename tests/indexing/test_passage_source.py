from __future__ import annotations

import numpy as np
import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.manifest import Manifest
from tests.indexing.helpers import vectors_of

SETTINGS = AugmentationSettings(alpha=0.2)


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
