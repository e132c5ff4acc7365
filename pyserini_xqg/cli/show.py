"""``xqg show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyserini_xqg.cli._shared import QUERIES
from pyserini_xqg.options.command import command


@command
def show(
    queries: Annotated[Path, {"option": "QUERIES", **QUERIES}],
    /,
    *,
    identifier: Annotated[str, {"option": "--id"}],
    corpus: Path | None = None,
) -> None:
    """Show a passage's queries.

    Parameters
    ----------
    identifier : str
        The id of a passage.
    corpus : Path or None
        The passages, to show its text as well.
    """
    from pyserini_xqg.generation.show import show as shown

    print(shown(queries, identifier, corpus))
