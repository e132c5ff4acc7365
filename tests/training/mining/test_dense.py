from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from pyserini_xqg import EncoderSettings, XqgIndexBuilder
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.settings import IndexSettings
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.mining.bi_encoder import BiEncoder
from pyserini_xqg.training.mining.dense import DenseIndex, encoder_of_index, fingerprint_index
from pyserini_xqg.training.retriever.training import train_retriever


def build(corpus: Path, model: Path, folder: Path, factory: str = "Flat") -> Path:
    XqgIndexBuilder(EncoderSettings(str(model)), index=IndexSettings(factory), device="cpu").build(corpus, None, folder)
    return folder


@pytest.mark.parametrize("factory", ["Flat", "HNSW8"])
def test_the_best_come_first_with_their_inner_products(
    factory: str, corpus: Path, tiny_sentence_model: Path, tmp_path: Path
) -> None:
    folder = build(corpus, tiny_sentence_model, tmp_path / "index", factory)
    vectors = BiEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu").questions(["missä joki", "где река", "king"])
    rows = faiss.read_index(str(folder / "index")).reconstruct_n(0, 23)
    scores = vectors @ rows.T
    found = DenseIndex(folder, tmp_path).search(vectors, 100 if factory == "Flat" else 3)
    for own, ranking in zip(scores, found, strict=True):
        order = [int(docid.removeprefix("d")) for docid, _ in ranking]
        assert len(set(order)) == len(order)
        # Scores that differ by rounding alone can change places.
        np.testing.assert_allclose(own[order], -np.sort(-own)[: len(ranking)], atol=1e-5)
        np.testing.assert_allclose([score for _, score in ranking], own[order], atol=1e-5)
    assert [len(ranking) for ranking in found] == [23 if factory == "Flat" else 3] * 3


def test_ids_of_any_length_are_read_in_place(tmp_path: Path) -> None:
    names = [f"d{'x' * (number % 50)}{number}" for number in range(70_000)] + ["päivä"]
    index = faiss.IndexFlatIP(2)
    index.add(np.stack([np.arange(len(names)), np.ones(len(names))], axis=1).astype(np.float32))
    folder = tmp_path / "index"
    folder.mkdir()
    faiss.write_index(index, str(folder / "index"))
    (folder / "docid").write_text("\n".join(names) + "\n", encoding="utf-8")
    (ranking,) = DenseIndex(folder, tmp_path).search(np.array([[1, 0]], dtype=np.float32), 6000)
    assert [docid for docid, _ in ranking] == names[::-1][:6000]
    (folder / "docid").write_text("\n".join(names[:-1]), encoding="utf-8")
    with pytest.raises(InvalidInput, match="docid has 70000 ids and index 70001 vectors"):
        DenseIndex(folder, tmp_path)


def test_an_index_that_is_none_is_refused(corpus: Path, tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such file"):
        DenseIndex(tmp_path, tmp_path)
    folder = build(corpus, tiny_model, tmp_path / "index")
    with pytest.raises(UsageError, match="32 dimensions and the encoder makes 7"):
        DenseIndex(folder, tmp_path).search(np.zeros((1, 7), dtype=np.float32), 3)
    first = fingerprint_index(folder)
    (folder / "index").write_bytes(b"nothing")
    assert fingerprint_index(folder) != first
    with pytest.raises(InvalidInput, match="is it whole"):
        DenseIndex(folder, tmp_path)
    with pytest.raises(MissingInput, match="no index is there"):
        fingerprint_index(tmp_path / "nowhere")


def test_an_index_names_its_encoder_or_has_it_named(corpus: Path, tiny_model: Path, tmp_path: Path) -> None:
    folder = build(corpus, tiny_model, tmp_path / "index")
    given = EncoderSettings(str(tiny_model))
    assert encoder_of_index(folder, None)[0].model == str(tiny_model)
    with pytest.raises(UsageError, match="leave --encoder out"):
        encoder_of_index(folder, given)
    (folder / "xqg.json").unlink()  # as stock Pyserini's are
    assert encoder_of_index(folder, given)[0] == given
    with pytest.raises(UsageError, match="give --encoder"):
        encoder_of_index(folder, None)


def test_a_trained_folder_keeps_the_lengths_it_was_trained_with(
    settings: Callable[..., Any], train_file: Path, tiny_model: Path, tmp_path: Path
) -> None:
    data = TrainingDataSettings((str(train_file),))
    train_retriever(data, tmp_path / "model", settings(epochs=1), device="cpu")
    encoder = read_encoder(str(tmp_path / "model"), "passage")
    assert encoder.model == str(tmp_path / "model")
    assert (encoder.query_max_length, encoder.passage_max_length) == (16, 32)
    assert read_encoder(str(tiny_model), "passage") == EncoderSettings(str(tiny_model))
