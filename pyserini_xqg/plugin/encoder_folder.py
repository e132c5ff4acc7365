"""Encoder folders for stock Pyserini, made by ``xqg encoder``: an encoder, and what queries add to its vectors."""

from __future__ import annotations

from pathlib import Path

from pyserini_xqg.encoding.folder import describe_encoder, open_passage_encoder
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings, said_alpha
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.workspace import already_made, real_place


def write_encoder(
    encoder: EncoderSettings, augmentation: AugmentationSettings, folder: Path, device: str | None = None
) -> EncoderSettings:
    """Make an encoder folder; the settings as they were resolved on the model.

    Raises
    ------
    UsageError
        Something else is at `folder`, the two models' vectors cannot be compared, or see :func:`check_stock_can`.
    """
    check_stock_can(augmentation, direction=False)
    resolved = open_passage_encoder(encoder, device).settings
    settings = {"encoder": describe_encoder(resolved, folder), "augmentation": augmentation.to_dict()}
    folder = real_place(folder)
    if not already_made(folder, {"settings": settings, "inputs": {}}):
        folder.mkdir(parents=True, exist_ok=True)
        Manifest("encoder", settings).write(folder)
    return resolved


def check_stock_can(augmentation: AugmentationSettings, direction: bool) -> None:
    """Refuse what no encoder can do that is given a few passages with their queries, one a line, and nothing else.

    Parameters
    ----------
    augmentation : AugmentationSettings
    direction : bool
        Whether the mean query direction is known, which hubness reduction takes out.

    Raises
    ------
    UsageError
        Some settings need the corpus, or the languages of the queries.
    """
    unable = [
        f"{name} {_said(getattr(augmentation, name))}"
        for name in ("languages", "num_queries", "control")
        if getattr(augmentation, name) is not None
    ]
    if augmentation.alphas:
        unable[:1] = [f"alpha {said_alpha(augmentation.alphas)}"]
    if augmentation.reduce_hubness and not direction:
        unable.append(f"reduce_hubness {augmentation.reduce_hubness}")
    if unable:
        raise UsageError(
            f"the augmentation has {', '.join(unable)}; "
            "stock pyserini.encode knows neither the corpus nor which language a query is in. Languages and a number "
            "of queries are chosen by xqg records, for a folder that xqg encoder made without them; hubness and "
            "controls need xqg index"
        )


def _said(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)
