"""``xqg index``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.indexing.settings import AugmentationSettings


def index(
    corpus: Annotated[Path, typer.Option(help="Passages, Pyserini's JSONL: a file or folder, .gz too.")],
    encoder: Annotated[
        str,
        typer.Option(help="A Hugging Face or sentence-transformers model, or a folder made by xqg encoder or index."),
    ],
    output: Annotated[Path, typer.Option(help="The index folder to make.")],
    queries: Annotated[Path | None, typer.Option(help="Generated queries: a file or folder, .gz too.")] = None,
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
    query_model: o.QueryModel = None,
    revision: o.Revision = None,
    pooling: o.Pooling = None,
    l2_norm: o.L2Norm = None,
    query_prefix: o.QueryPrefix = None,
    passage_prefix: o.PassagePrefix = None,
    query_max_length: o.QueryMaxLength = None,
    passage_max_length: o.PassageMaxLength = None,
    dtype: o.Dtype = None,
    device: o.Device = None,
    part_size: o.PartSize = 1024,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print counts, sizes and the estimated time, and end.")
    ] = False,
) -> None:
    """Encode a corpus and its generated queries into a Pyserini index of augmented vectors."""
    settings = o.encoder_settings(
        encoder,
        query_model=query_model,
        revision=revision,
        pooling=pooling.value if pooling else None,
        l2_norm=l2_norm,
        query_prefix=query_prefix,
        passage_prefix=passage_prefix,
        query_max_length=query_max_length,
        passage_max_length=passage_max_length,
        dtype=dtype.value if dtype else None,
    )
    from pyserini_xqg.indexing.builder import XqgIndexBuilder
    from pyserini_xqg.indexing.settings import IndexSettings

    builder = XqgIndexBuilder(
        settings,
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
    if dry_run:
        print_values(asdict(builder.plan(corpus, queries, output)))
    else:
        print_values({"index": output, **builder.build(corpus, queries, output).counts})
