"""``xqg records``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli.printing import print_values


def records(
    corpus: Annotated[Path, typer.Option(help="Passages, Pyserini's JSONL: a file or folder, .gz too.")],
    queries: Annotated[Path, typer.Option(help="Generated queries: a file or folder, .gz too.")],
    output: Annotated[Path, typer.Option(help="The JSONL file to make.")],
    language: o.Language = None,
    num_queries: o.NumQueries = None,
) -> None:
    """Join passages and their queries in records for stock pyserini.encode --fields text query."""
    from pyserini_xqg.plugin.records import write_records

    print_values({"records": output, **write_records(corpus, queries, output, o.languages(language), num_queries)})
