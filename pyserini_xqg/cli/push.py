"""``xqg push``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pyserini_xqg.options.command import command
from pyserini_xqg.options.result import Result


@command
def push(
    folder: Annotated[Path, {"option": "FOLDER"}],
    /,
    *,
    repo: Annotated[str, {"metavar": "OWNER/NAME"}],
    private: bool = False,
) -> Result:
    """Put an index, queries or a model on the Hugging Face hub, with a card and checksums.

    Parameters
    ----------
    folder : Path
        A finished folder, made by xqg.
    repo : str
        The repository; made if need be.
    private : bool
        Make it a private one.

    Examples
    --------
    $ xqg push queries/ --repo somebody/my-queries
    """
    from pyserini_xqg.sharing.hub_folder import push as put

    return Result({"pushed": put(folder, repo, private=private)})
