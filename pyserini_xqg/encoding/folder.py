"""Encoder folders: settings in a folder made by ``xqg encoder``, and in every index folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pyserini_xqg.encoding.bundled_model import BUNDLED, PASSAGE_PREFIX, QUERY_PREFIX, multilingual_e5_small
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.encoding.settings import EncoderSettings, Kind
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.storage.manifest import MANIFEST, Fields, Manifest, holds_encoder, settings_from


def describe_encoder(encoder: EncoderSettings, folder: Path) -> dict[str, Any]:
    """Resolved settings as a manifest keeps them: models that are folders with their place, also relative to
    `folder`, and content hash.
    """
    described = encoder.as_dict()
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


def open_encoders(encoder: EncoderSettings, device: str | None) -> tuple[TextEncoder, TextEncoder]:
    """The passages' side of an encoder and the users' queries', which is the same where there is one model.

    The settings of the first have those of the other side resolved in them, too.

    Raises
    ------
    UsageError
        The two models' vectors have different dimensions.
    """
    passages = TextEncoder(encoder, device)
    if encoder.query_model is None:
        return passages, passages
    queries = TextEncoder(encoder, device, "query")
    if queries.dimension != passages.dimension:
        raise UsageError(
            f"vectors of {encoder.query_model} have {queries.dimension} dimensions and those of {encoder.model} "
            f"{passages.dimension}; two models that were trained together are expected"
        )
    passages.settings = passages.settings.with_query_form(queries.settings)
    return passages, queries


def open_passage_encoder(encoder: EncoderSettings, device: str | None) -> TextEncoder:
    """The passages' side, after a look at whether the other goes with it; see :func:`open_encoders`."""
    return open_encoders(encoder, device)[0]


def read_encoder(name: str | Path, side: Kind) -> EncoderSettings:
    """What a name says of an encoder: the settings of our folder, or a bare model's with the defaults.

    Parameters
    ----------
    name : str or Path
        An encoder or index folder of ours, a model, or ``bundled``: multilingual-e5-small of the extra ``demo``, with
        its prefixes.
    side : {"passage", "query"}
        Whose model's content is checked.

    Raises
    ------
    MissingPrerequisite
        ``bundled``, and the extra is not installed.
    InvalidInput
        The model that the folder names is gone, or is not the one that was there when the folder was made.
    """
    if str(name) == BUNDLED and not Path(name).exists():
        return EncoderSettings(multilingual_e5_small(), query_prefix=QUERY_PREFIX, passage_prefix=PASSAGE_PREFIX)
    if not holds_encoder(name):
        return EncoderSettings(name, **_trained_form(Path(name)))
    folder = Path(name)
    described = Manifest.read(folder).settings["encoder"]
    used = "query_model" if side == "query" and described["query_model"] else "model"
    for field in ("model", "query_model"):
        if isinstance(described[field], dict):
            described[field] = _locate(described[field], folder, check=field == used)
    return EncoderSettings.from_dict(described)


def _trained_form(folder: Path) -> dict[str, Any]:
    """What the manifest of a model that ``xqg train`` made says of its encoder: a model folder knows one maximum
    length, and questions and passages have one each.
    """
    manifest = Manifest.read(folder) if (folder / MANIFEST).is_file() else None
    if manifest is None or manifest.kind != "model":
        return {}
    form = manifest.details.get("encoder", {})
    settings_from(EncoderSettings, Fields.at(f"{folder / MANIFEST}: details.encoder", {"model": "", **form}))
    return dict(form)


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
