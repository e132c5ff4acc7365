"""``xqg data``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.collection.published.writing import DataSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result


@command
def data(
    name: Annotated[str | None, {"option": "NAME"}] = None,
    /,
    *,
    to: Path | None = None,
    settings: Annotated[dict[str, Any], Options(DataSettings)],
    list_all: Annotated[bool, {"option": "--list"}] = False,
) -> Result:
    """Write a published data set in Pyserini's formats: corpus, topics, qrels, answers.

    Parameters
    ----------
    name : str or None
        The data set, see --list.
    to : Path or None
        Folder to write; needed but for --list.
    list_all : bool
        List the data sets.

    Examples
    --------
    $ xqg data xquad --language ar,hi --from xquad/ --to data/xquad
    """
    from pyserini_xqg.collection.published.by_name import NAMES, published
    from pyserini_xqg.collection.published.writing import listed, write_data_set

    if list_all:
        kept = ("title", "licence", "splits", "optional")
        return Result({name: {key: getattr(published(name), key) for key in kept} for name in NAMES}, listed())
    if name is None:
        raise UsageError("NAME is missing: the data set, one of those that --list lists")
    if to is None:
        raise UsageError("--to is missing: the folder to write")
    manifest = write_data_set(name, to, DataSettings(**settings))
    told = {name: manifest.details[name] for name in ("title", "licence")}
    return Result({"data_set": to, **told, **manifest.counts})
