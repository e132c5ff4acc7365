"""``xqg export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._shared import Device
from pyserini_xqg.export.settings import ExportSettings
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result


@command
def export(
    index: Annotated[Path, {"option": "INDEX"}],
    /,
    *,
    output: Annotated[Path, {"option": "--to"}],
    settings: Annotated[dict[str, Any], Options(ExportSettings)],
    device: Device = None,
) -> Result:
    """Write an index's vectors as JSON lines, Parquet or an index of Lucene, and encode questions beside them.

    Parameters
    ----------
    index : Path
        A flat Pyserini index.
    output : Path
        The folder of the export to make.

    Examples
    --------
    $ xqg export indexes/mine --format lucene-hnsw --topics fi=topics.fi.tsv --to exported/lucene
    """
    from pyserini_xqg.export.exporting import export_index

    made = export_index(index, output, ExportSettings(**settings), device=device, show_progress=True)
    return Result({"exported": output, **made.counts})
