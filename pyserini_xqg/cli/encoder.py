"""``xqg encoder``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._shared import Device, Encoding, encoder_settings
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result


@command
def encoder(
    *,
    encoder: str,
    output: Path,
    encoding: Encoding,
    augmentation: Annotated[
        dict[str, Any],
        Options(
            AugmentationSettings, without=["languages", "num_queries", "reduce_hubness", "control", "control_seed"]
        ),
    ],
    device: Device = None,
) -> Result:
    """Save encoder settings in a folder, for stock pyserini.encode and pyserini.search.faiss (--encoder FOLDER).

    With what xqg records makes: pyserini.encode input --corpus RECORDS --fields title text query output --embeddings
    INDEX --to-faiss encoder --encoder FOLDER --encoder-class xqg --fields title text query --dimension N, where N is
    the length of the model's vectors.

    Parameters
    ----------
    encoder : str
        A Hugging Face or sentence-transformers model.
    output : Path
        The encoder folder to make.

    Examples
    --------
    $ xqg encoder --encoder intfloat/multilingual-e5-small --query-prefix "query: " --output e5/
    """
    from pyserini_xqg.plugin.encoder_folder import write_encoder

    settings = encoder_settings(encoder, encoding)
    resolved = write_encoder(settings, AugmentationSettings(**augmentation), output, device)
    return Result({"encoder": output, "settings": asdict(resolved)}, f"encoder: {output}\n{resolved}")
