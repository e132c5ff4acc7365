"""``xqg score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyserini_xqg.cli._printing import print_values
from pyserini_xqg.cli._shared import CORPUS, QUERIES, Device, PartSize
from pyserini_xqg.options.command import command


@command
def score(
    *,
    corpus: Annotated[Path, CORPUS],
    queries: Annotated[Path, QUERIES],
    encoder: str,
    output: Path,
    index: Path | None = None,
    depth: int = 10,
    device: Device = None,
    part_size: PartSize = 1024,
) -> None:
    """Score generated queries against their passages, for xqg filter.

    Parameters
    ----------
    encoder : str
        The retriever's: a model, or a folder made by xqg encoder or index.
    output : Path
        The folder of scored queries to make.
    index : Path or None
        An index of the corpus, to see at which rank a query finds its passage.
    depth : int
        How far down the passage is looked for.
    """
    from pyserini_xqg.generation.filtering.scoring import score_queries

    manifest = score_queries(
        corpus,
        queries,
        encoder,
        output,
        index=index,
        depth=depth,
        device=device,
        part_size=part_size,
        show_progress=True,
    )
    print_values({"scored queries": output, **manifest.counts})
