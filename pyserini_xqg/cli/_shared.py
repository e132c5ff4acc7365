"""Parameters that several commands have, and the encoder that ``--encoder`` and its options name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cluster.settings import ClusterSettings
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings, BuildSettings, IndexSettings
from pyserini_xqg.options.command import Options, options_of
from pyserini_xqg.storage.manifest import holds_encoder

ENCODER = "Encoder (read from a sentence-transformers model, else as in the paper)"
QUERIES = {
    "help": "Generated queries in JSON lines: a file or folder, .gz too, or hf:OWNER/NAME[@REVISION] of the hub."
}

SHARD = "Do the Kth of N equal shares of the work, the others being done by other processes."
PREPARE = "Do what --shard needs before the first part, and end; the first shard does it, too."
FINISH = "Check what shards have done, put it in its place, and end; the last shard does it, too."

Corpus = Annotated[Path, {"help": "Passages in Pyserini's JSONL: a file or folder, .gz too."}]
Queries = Annotated[Path, QUERIES]
NoQueries = Annotated[Path | None, QUERIES]
Device = Annotated[str | None, {"help": "Where the model runs: cpu, cuda, cuda:1, mps [the best there is]."}]
Augmentation = Annotated[dict[str, Any], Options(AugmentationSettings, panel="Augmentation")]
Form = Annotated[dict[str, Any], Options(IndexSettings, panel="Index")]
Building = Annotated[dict[str, Any], Options(BuildSettings)]
Clustering = Annotated[dict[str, Any], Options(ClusterSettings, panel="Many processes")]
Shards = Annotated[str | None, {"metavar": "K/N", "panel": "Many processes", "help": SHARD}]
Preparing = Annotated[bool, {"panel": "Many processes", "help": PREPARE}]
Finishing = Annotated[bool, {"panel": "Many processes", "help": FINISH}]
Encoding = Annotated[
    dict[str, Any], Options(EncoderSettings, without=["model", "query_form"], layered=True, panel=ENCODER)
]


def encoder_settings(name: str, given: dict[str, Any]) -> EncoderSettings:
    """The encoder that ``--encoder`` and its options name.

    Raises
    ------
    UsageError
        `name` is a folder of ours, whose settings stand, and something else was given too.
    """
    from pyserini_xqg.encoding.folder import read_encoder

    settings = read_encoder(name, "passage")
    if holds_encoder(name) and given:
        raise UsageError(
            f"{name} has its encoder settings in it; {options_of(given)} cannot be given too. Make another folder with "
            "xqg encoder"
        )
    return replace(settings, **given)


def at_hand(queries: Path) -> Path:
    """Queries that ``--queries`` names: those of the hub are fetched."""
    from pyserini_xqg.sharing.hub_folder import at_hand as fetched

    return fetched(queries)
