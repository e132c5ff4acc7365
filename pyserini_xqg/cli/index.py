"""``xqg index``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pyserini_xqg.cli._printing import print_values
from pyserini_xqg.cli._shared import (
    CORPUS,
    HUBNESS_TOPICS,
    QUERIES,
    Augmentation,
    Device,
    Encoding,
    Form,
    PartSize,
    encoder_settings,
)
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.options.command import command


@command
def index(
    *,
    corpus: Annotated[Path, CORPUS],
    encoder: str,
    output: Path,
    queries: Annotated[Path | None, QUERIES] = None,
    augmentation: Augmentation,
    hubness_topics: Annotated[Path | None, HUBNESS_TOPICS] = None,
    form: Form,
    encoding: Encoding,
    device: Device = None,
    part_size: PartSize = 1024,
    dry_run: bool = False,
) -> None:
    """Encode a corpus and its generated queries into a Pyserini index of augmented vectors.

    Parameters
    ----------
    encoder : str
        A Hugging Face or sentence-transformers model, or a folder made by xqg encoder or index.
    output : Path
        The index folder to make.
    dry_run : bool
        Print counts, sizes and the estimated time, and end.
    """
    settings = encoder_settings(encoder, encoding)
    from pyserini_xqg.indexing.builder import XqgIndexBuilder

    builder = XqgIndexBuilder(
        settings,
        AugmentationSettings(**augmentation),
        IndexSettings(**form),
        hubness_topics=hubness_topics,
        device=device,
        part_size=part_size,
        show_progress=True,
    )
    if dry_run:
        print_values(asdict(builder.plan(corpus, queries, output)))
    else:
        print_values({"index": output, **builder.build(corpus, queries, output).counts})
