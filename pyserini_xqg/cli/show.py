"""``xqg show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyserini_xqg.cli._options import command
from pyserini_xqg.cli._shared import QUERIES


@command
def show(
    queries: Annotated[Path, QUERIES],
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
