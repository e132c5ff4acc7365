"""``xqg index``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pyserini_xqg.cli import _shared as s
from pyserini_xqg.cli._launching import launched
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.options.command import command
from pyserini_xqg.options.result import Result
from pyserini_xqg.storage.shards import Shard


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
    clustering: s.Clustering,
    shard: s.Shards = None,
    prepare: s.Preparing = False,
    finish: s.Finishing = False,
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
    steps = {"--shard": shard, "--prepare": prepare, "--finish": finish, "--dry-run": dry_run}
    if (said := launched(clustering, output, building.get("device"), steps, prepares=True)) is not None:
        return Result({"index": output, **said})
    share = None if shard is None else Shard.parse(shard)
    settings = s.encoder_settings(encoder, encoding)
    from pyserini_xqg.indexing.builder import XqgIndexBuilder

    added, kept = AugmentationSettings(**augmentation), IndexSettings(**form)
    builder = XqgIndexBuilder(settings, added, kept, **building, show_progress=True)
    if queries is not None:
        queries = s.at_hand(queries)
    if dry_run:
        return Result(asdict(builder.plan(corpus, queries, output)))
    if prepare:
        builder.prepare(corpus, queries, output)
        return Result({"prepared": output})
    if share is not None:
        made = builder.build_shard(corpus, queries, output, share)
        return Result({"shard": shard, **({} if made is None else {"index": output, **made.counts})})
    make = builder.finish if finish else builder.build
    return Result({"index": output, **make(corpus, queries, output).counts})
