"""``xqg augment``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyserini_xqg.cli._printing import print_values
from pyserini_xqg.cli._shared import HUBNESS_TOPICS, QUERIES, Augmentation, Device, Form, PartSize
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.options.command import command


@command
def augment(
    *,
    index: Path,
    output: Path,
    queries: Annotated[Path | None, QUERIES] = None,
    encoder: str | None = None,
    augmentation: Augmentation,
    hubness_topics: Annotated[Path | None, HUBNESS_TOPICS] = None,
    form: Form,
    device: Device = None,
    part_size: PartSize = 1024,
) -> None:
    """Augment a plain index that is there already; no passage is encoded again.

    Parameters
    ----------
    index : Path
        A plain flat Pyserini index.
    output : Path
        The index folder to make.
    encoder : str or None
        What encoded the passages, where the index does not say.
    """
    from pyserini_xqg.indexing.builder import XqgIndexBuilder

    builder = XqgIndexBuilder(
        encoder,
        AugmentationSettings(**augmentation),
        IndexSettings(**form),
        hubness_topics=hubness_topics,
        device=device,
        part_size=part_size,
        show_progress=True,
    )
    print_values({"index": output, **builder.augment(index, queries, output).counts})
