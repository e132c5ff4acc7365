"""Texts in Unicode's composed form (NFC): one vector for all spellings, but in folders that were made without."""

from __future__ import annotations

import json
import logging
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings, Kind
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin.encoder_folder import write_encoder
from pyserini_xqg.plugin.encoders import XqgDocumentEncoder, XqgQueryEncoder
from pyserini_xqg.storage.manifest import MANIFEST

KOREAN = "한국의 수도는 어디?"
APART = unicodedata.normalize("NFD", KOREAN)


@pytest.fixture(scope="module")
def encoder(byte_model: Path) -> TextEncoder:
    return TextEncoder(EncoderSettings(str(byte_model), query_prefix="e", passage_max_length=64), "cpu")


@settings(max_examples=100, deadline=None)
@given(text=st.text(), title=st.text(), kind=st.sampled_from(["query", "passage"]))
def test_every_form_of_a_text_gives_the_same_vector(
    encoder: TextEncoder, byte_model: Path, text: str, title: str, kind: Kind
) -> None:
    for pair in (False, True):
        texts = [
            (unicodedata.normalize(form, title), unicodedata.normalize(form, text)) if pair
            else unicodedata.normalize(form, text)
            for form in ("NFC", "NFD")
        ]  # fmt: skip
        first, second = (encoder.encode([each], kind) for each in texts)
        np.testing.assert_array_equal(first, second)


def test_a_text_that_stands_apart_is_many_tokens_only_where_it_is_not_composed(byte_model: Path) -> None:
    def tokens(text: str, nfc: bool) -> int:
        encoder = TextEncoder(EncoderSettings(str(byte_model), passage_max_length=64, nfc=nfc), "cpu")
        (batch,) = encoder.tokenize([text], "passage")
        return int(batch.features["input_ids"].shape[1])

    assert tokens(KOREAN, True) == tokens(APART, True) == tokens(KOREAN, False) < tokens(APART, False)


def opened_as_made_before(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    del manifest["settings"]["encoder"]["nfc"]
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_a_folder_that_does_not_name_the_form_opens_as_it_was_made_and_that_is_said(
    byte_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "encoder"
    write_encoder(EncoderSettings(str(byte_model)), AugmentationSettings(), folder, "cpu")
    assert json.loads((folder / MANIFEST).read_text("utf-8"))["settings"]["encoder"]["nfc"] is True
    new = XqgQueryEncoder(folder, device="cpu")
    opened_as_made_before(folder)
    for side in ("query", "passage"):
        assert read_encoder(folder, side).nfc is False  # type: ignore[arg-type]
    old = XqgQueryEncoder(folder, device="cpu")
    with caplog.at_level(logging.WARNING, logger="pyserini_xqg"):
        np.testing.assert_array_equal(old.encode(KOREAN), new.encode(KOREAN))
        assert "Unicode" not in caplog.text
        as_they_stand = [old.encode(APART), old.encode(APART)]
    assert caplog.text.count("Unicode's composed form") == 1
    assert np.abs(as_they_stand[0] - new.encode(KOREAN)).max() > 0.01
    np.testing.assert_array_equal(new.encode(APART), new.encode(KOREAN))


def test_stock_pyserinis_passages_queries_and_records_are_composed(byte_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    write_encoder(EncoderSettings(str(byte_model)), AugmentationSettings(alpha=0.5), folder, "cpu")
    documents, queries = XqgDocumentEncoder(folder, device="cpu"), XqgQueryEncoder(folder, device="cpu")
    for add_sep in (False, True):
        np.testing.assert_array_equal(
            documents.encode([APART], titles=[APART], querys=[f"{APART}\nx"], add_sep=add_sep),
            documents.encode([KOREAN], titles=[KOREAN], querys=[f"{KOREAN}\nx"], add_sep=add_sep),
        )
    np.testing.assert_array_equal(queries.encode_batch([APART, "x"]), queries.encode_batch([KOREAN, "x"]))


@pytest.mark.slow
def test_the_real_model_finds_the_same_for_both_forms(e5_model: Path) -> None:
    encoder = TextEncoder(EncoderSettings(str(e5_model)), "cpu")
    np.testing.assert_array_equal(encoder.encode([APART], "query"), encoder.encode([KOREAN], "query"))
    as_it_stands = TextEncoder(EncoderSettings(str(e5_model), nfc=False), "cpu")
    assert float(as_it_stands.encode([APART], "query")[0] @ encoder.encode([KOREAN], "query")[0]) < 0.95
