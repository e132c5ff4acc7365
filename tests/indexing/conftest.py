from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings

SETTINGS = AugmentationSettings(alpha=0.2)


@pytest.fixture
def builder(tiny_sentence_model: Path):
    def make(
        augmentation: AugmentationSettings = SETTINGS, index: IndexSettings | None = None, **options
    ) -> XqgIndexBuilder:
        options.setdefault("part_size", 4)
        return XqgIndexBuilder(str(tiny_sentence_model), augmentation, index, device="cpu", **options)

    return make


@pytest.fixture(scope="module")
def encoder(tiny_sentence_model: Path) -> TextEncoder:
    return TextEncoder(EncoderSettings(str(tiny_sentence_model)), "cpu")
