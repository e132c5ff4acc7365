"""``xqg filter``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.generation.filtering.filtering import FilterSettings, filter_queries
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result


@command
def filter(*, scored: Path, output: Path, settings: Annotated[dict[str, Any], Options(FilterSettings)]) -> Result:
    """Keep the best of scored queries; nothing is scored again.

    Parameters
    ----------
    scored : Path
        A folder made by xqg score.
    output : Path
        The queries folder to make.

    Examples
    --------
    $ xqg filter --scored scored/ --keep 0.7 --output filtered/
    """
    manifest = filter_queries(scored, FilterSettings(**settings), output)
    return Result({"queries_folder": output, **manifest.counts})
