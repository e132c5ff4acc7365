"""``xqg pull``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyserini_xqg.options.command import command
from pyserini_xqg.options.result import Result


@command
def pull(
    repo: Annotated[str, {"option": "OWNER/NAME"}],
    /,
    *,
    to: Path,
    revision: str | None = None,
) -> Result:
    """Fetch what xqg push put on the Hugging Face hub, and check it.

    Parameters
    ----------
    repo : str
        The repository.
    to : Path
        The folder to make.
    revision : str or None
        A branch, tag or commit of it; None: the newest.

    Examples
    --------
    $ xqg pull somebody/my-queries --to queries/
    """
    from pyserini_xqg.sharing.hub_folder import pull as fetch

    manifest = fetch(repo, to, revision)
    return Result({manifest.kind: to, **manifest.counts})
