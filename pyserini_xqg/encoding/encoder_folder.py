"""Encoder settings in a folder: made by ``xqg encoder``, and in every index folder."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyserini_xqg.artifact import MANIFEST, Manifest, already_made, holds_encoder
from pyserini_xqg.augmentation import AugmentationSettings
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.encoding.settings import EncoderSettings, Kind
from pyserini_xqg.encoding.text_encoder import TextEncoder
from pyserini_xqg.errors import InvalidInput, UsageError


def describe_encoder(encoder: EncoderSettings, folder: Path) -> dict[str, Any]:
    """Resolved settings as a manifest keeps them: models that are folders with their place, also relative to
    `folder`, and content hash.
    """
    described = asdict(encoder)
    for field in ("model", "query_model"):
        name = described[field]
        if name is not None and Path(name).is_dir():
            path = Path(name).resolve()
            described[field] = {
                "path": str(path),
                "relative": os.path.relpath(path, folder.resolve()),
                "sha256": fingerprint(str(path)),
            }
    return described


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
    settings = {"encoder": describe_encoder(resolved, folder), "augmentation": asdict(augmentation)}
    if not already_made(folder, {"settings": settings, "inputs": {}}):
        folder.mkdir(parents=True, exist_ok=True)
        Manifest("encoder", settings).write(folder)
    return resolved


def open_passage_encoder(encoder: EncoderSettings, device: str | None) -> TextEncoder:
    """The passages' side of an encoder, after a look at whether the other side goes with it.

    Raises
    ------
    UsageError
        The two models' vectors have different dimensions.
    """
    passages = TextEncoder(encoder, device)
    if encoder.query_model is not None:
        queries = TextEncoder(encoder, device, "query")
        if queries.dimension != passages.dimension:
            raise UsageError(
                f"vectors of {encoder.query_model} have {queries.dimension} dimensions and those of {encoder.model} "
                f"{passages.dimension}; two models that were trained together are expected"
            )
    return passages


def read_encoder(name: str, side: Kind) -> tuple[EncoderSettings, AugmentationSettings]:
    """What a name says of an encoder: the settings of our folder, or a bare model's with the defaults.

    Parameters
    ----------
    name : str
        An encoder or index folder of ours, or a model.
    side : {"passage", "query"}
        Whose model's content is checked.

    Raises
    ------
    InvalidInput
        The model that the folder names is gone, or is not the one that was there when the folder was made.
    """
    if not holds_encoder(name):
        return EncoderSettings(name, **_trained_form(Path(name))), AugmentationSettings()
    folder = Path(name)
    settings = Manifest.read(folder).settings
    described = dict(settings["encoder"])
    used = "query_model" if side == "query" and described["query_model"] else "model"
    for field in ("model", "query_model"):
        if isinstance(described[field], dict):
            described[field] = _locate(described[field], folder, check=field == used)
    return EncoderSettings.from_dict(described), AugmentationSettings.from_dict(settings.get("augmentation", {}))


def _trained_form(folder: Path) -> dict[str, Any]:
    """What the manifest of a model that ``xqg train`` made says of its encoder: a model folder knows one maximum
    length, and questions and passages have one each.
    """
    manifest = Manifest.read(folder) if (folder / MANIFEST).is_file() else None
    return dict(manifest.details.get("encoder", {})) if manifest is not None and manifest.kind == "model" else {}


def _locate(model: dict[str, str], folder: Path, check: bool) -> str:
    places = [(folder / model["relative"]).resolve(), Path(model["path"])]
    place = next((place for place in places if place.is_dir()), None)
    if not check:
        return str(place or places[1])
    if place is None:
        raise InvalidInput(
            f"{folder / MANIFEST} names the model {model['path']}, which is not there; put it back, or write its "
            "new place into the file"
        )
    if fingerprint(str(place)) != model["sha256"]:
        raise InvalidInput(
            f"the model {place} is not the one that {folder} was made with (its files have changed); put the old "
            "one back, or build anew"
        )
    return str(place)
