"""``xqg augment``."""

from __future__ import annotations

from pathlib import Path

from pyserini_xqg.cli import _shared as s
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.options.command import command
from pyserini_xqg.options.result import Result


@command
def augment(
    *,
    index: Path,
    output: Path,
    queries: s.NoQueries = None,
    encoder: str | None = None,
    augmentation: s.Augmentation,
    building: s.Building,
    form: s.Form,
) -> Result:
    """Augment a plain index that is there already; no passage is encoded again.

    Parameters
    ----------
    index : Path
        The plain flat Pyserini index to start from.
    output : Path
        The index folder to make.
    encoder : str or None
        The model that encoded the passages, where the index does not say.

    Examples
    --------
    $ xqg augment --index indexes/plain --queries queries/ --alpha 0.02 --output indexes/mine
    """
    from pyserini_xqg.indexing.builder import XqgIndexBuilder

    added, kept = AugmentationSettings(**augmentation), IndexSettings(**form)
    builder = XqgIndexBuilder(encoder, added, kept, **building, show_progress=True)
    if queries is not None:
        queries = s.at_hand(queries)
    return Result({"index": output, **builder.augment(index, queries, output).counts})
