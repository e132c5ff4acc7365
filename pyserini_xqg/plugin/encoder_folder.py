"""Encoder folders for stock Pyserini, made by ``xqg encoder``: an encoder, and what queries add to its vectors."""

from __future__ import annotations

from pathlib import Path

from pyserini_xqg.encoding.folder import describe_encoder, open_passage_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.workspace import already_made


def write_encoder(
    encoder: EncoderSettings, augmentation: AugmentationSettings, folder: Path, device: str | None = None
) -> EncoderSettings:
    """Make an encoder folder; the settings as they were resolved on the model.

    Raises
    ------
    UsageError
        Something else is at `folder`, or the two models' vectors cannot be compared.
    """
    if augmentation.reduce_hubness or augmentation.control or augmentation.languages:
        raise UsageError(
            "stock pyserini.encode knows no corpus and no languages: hubness, controls and languages need xqg index"
        )
    resolved = open_passage_encoder(encoder, device).settings
    settings = {"encoder": describe_encoder(resolved, folder), "augmentation": augmentation.to_dict()}
    if not already_made(folder, {"settings": settings, "inputs": {}}):
        folder.mkdir(parents=True, exist_ok=True)
        Manifest("encoder", settings).write(folder)
    return resolved
