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
        The passages, to show the passage's text as well.

    Examples
    --------
    $ xqg show queries/ --id d1 --corpus corpus.jsonl
    """
    from pyserini_xqg.generation.show import show as shown

    # Not through `say`: the isolates around texts are meant, and the texts are visible already.
    print(shown(queries, identifier, corpus))
