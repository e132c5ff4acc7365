"""``xqg score`` and ``xqg filter``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli.printing import print_values


def score(
    corpus: Annotated[Path, typer.Option(help="Passages, Pyserini's JSONL: a file or folder, .gz too.")],
    queries: Annotated[Path, typer.Option(help="Generated queries: a file or folder, .gz too.")],
    encoder: Annotated[str, typer.Option(help="The retriever's: a model, or a folder made by xqg encoder or index.")],
    output: Annotated[Path, typer.Option(help="The folder of scored queries to make.")],
    index: Annotated[
        Path | None, typer.Option(help="An index of the corpus, to see at which rank a query finds its passage.")
    ] = None,
    depth: Annotated[int, typer.Option(help="How far down the passage is looked for.")] = 10,
    device: o.Device = None,
    part_size: o.PartSize = 1024,
) -> None:
    """Score generated queries against their passages, for xqg filter."""
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


def filter_command(
    scored: Annotated[Path, typer.Option(help="A folder made by xqg score.")],
    output: Annotated[Path, typer.Option(help="The queries folder to make.")],
    keep: Annotated[float | None, typer.Option(help="Share of each language's queries, the best, to keep.")] = None,
    least_score: Annotated[float | None, typer.Option(help="Keep queries with at least this score.")] = None,
    round_trip: Annotated[
        int | None, typer.Option(metavar="K", help="Keep queries that find their passage among the first K.")
    ] = None,
) -> None:
    """Keep the best of scored queries; nothing is scored again."""
    from pyserini_xqg.generation.filtering.filtering import FilterSettings, filter_queries

    manifest = filter_queries(scored, FilterSettings(keep, least_score, round_trip), output)
    print_values({"queries folder": output, **manifest.counts})
