"""``xqg show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def show(
    queries: Annotated[Path, typer.Argument(help="Generated queries: a file or folder, .gz too.")],
    identifier: Annotated[str, typer.Option("--id", help="The id of a passage.")],
    corpus: Annotated[Path | None, typer.Option(help="The passages, to show its text as well.")] = None,
) -> None:
    """Show a passage's queries."""
    from pyserini_xqg.generation.show import show as shown

    print(shown(queries, identifier, corpus))
