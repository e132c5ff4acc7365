"""``xqg augment``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.indexing.settings import AugmentationSettings


def augment(
    index: Annotated[Path, typer.Option(help="A plain flat Pyserini index.")],
    output: Annotated[Path, typer.Option(help="The index folder to make.")],
    queries: Annotated[Path | None, typer.Option(help="Generated queries: a file or folder, .gz too.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="What the passages were encoded with, where the index does not say.")
    ] = None,
    alpha: o.Alpha = 0.01,
    aggregate: o.Aggregate = o.AggregateName.SUM,
    language: o.Language = None,
    num_queries: o.NumQueries = None,
    normalize: o.Normalize = False,
    reduce_hubness: o.ReduceHubness = 0.0,
    hubness_topics: o.HubnessTopics = None,
    control: o.Control = None,
    factory: o.Factory = "Flat",
    nprobe: o.Nprobe = None,
    threads: o.Threads = None,
    keep_vectors: o.KeepVectors = False,
    keep_first: o.KeepFirst = None,
    device: o.Device = None,
    part_size: o.PartSize = 1024,
) -> None:
    """Augment a plain index that is there already; no passage is encoded again."""
    from pyserini_xqg.indexing.builder import XqgIndexBuilder
    from pyserini_xqg.indexing.settings import IndexSettings

    builder = XqgIndexBuilder(
        encoder,
        AugmentationSettings(
            alpha=alpha,
            aggregate=aggregate.value,
            languages=o.languages(language),
            num_queries=num_queries,
            normalize=normalize,
            reduce_hubness=reduce_hubness,
            control=control.value if control else None,
        ),
        IndexSettings(factory, nprobe, threads, keep_vectors, o.numbers("--keep-first", keep_first)),
        hubness_topics=hubness_topics,
        device=device,
        part_size=part_size,
        show_progress=True,
    )
    print_values({"index": output, **builder.augment(index, queries, output).counts})
