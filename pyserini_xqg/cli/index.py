"""``xqg index``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pyserini_xqg.cli import _shared as s
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.options.command import command
from pyserini_xqg.options.result import Result


@command
def index(
    *,
    corpus: s.Corpus,
    encoder: str,
    output: Path,
    queries: s.NoQueries = None,
    augmentation: s.Augmentation,
    building: s.Building,
    form: s.Form,
    encoding: s.Encoding,
    dry_run: bool = False,
) -> Result:
    """Encode a corpus and its generated queries into a Pyserini index of augmented vectors.

    Parameters
    ----------
    encoder : str
        A Hugging Face or sentence-transformers model, a folder made by xqg encoder or index, or bundled:
        multilingual-e5-small of the extra demo, which needs no network.
    output : Path
        The index folder to make.
    dry_run : bool
        Print counts, sizes and the estimated time, and end.

    Examples
    --------
    $ xqg index --corpus corpus.jsonl --queries queries/ --encoder models/xdr --output indexes/mine
    """
    settings = s.encoder_settings(encoder, encoding)
    from pyserini_xqg.indexing.builder import XqgIndexBuilder

    added, kept = AugmentationSettings(**augmentation), IndexSettings(**form)
    builder = XqgIndexBuilder(settings, added, kept, **building, show_progress=True)
    if queries is not None:
        queries = s.at_hand(queries)
    if dry_run:
        return Result(asdict(builder.plan(corpus, queries, output)))
    return Result({"index": output, **builder.build(corpus, queries, output).counts})
