"""``xqg show``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pyserini_xqg.cli._shared import QUERIES, at_hand
from pyserini_xqg.options.command import command
from pyserini_xqg.options.result import Result


@command
def show(
    queries: Annotated[Path, {"option": "QUERIES", **QUERIES}],
    /,
    *,
    identifier: Annotated[str, {"option": "--id"}],
    corpus: Path | None = None,
) -> Result:
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
    from pyserini_xqg.generation.show import as_text, find

    found = find(at_hand(queries), identifier, corpus)
    return Result(asdict(found), as_text(found), is_visible=True)
