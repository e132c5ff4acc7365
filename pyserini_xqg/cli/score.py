"""``xqg score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli import _shared as s
from pyserini_xqg.cli._launching import launched
from pyserini_xqg.cli._shared import Corpus, Queries, at_hand
from pyserini_xqg.generation.settings import ScoringSettings
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result
from pyserini_xqg.storage.shards import Shard


@command
def score(
    *,
    corpus: Corpus,
    queries: Queries,
    encoder: str,
    output: Path,
    settings: Annotated[dict[str, Any], Options(ScoringSettings)],
    clustering: s.Clustering,
    shard: s.Shards = None,
    finish: s.Finishing = False,
) -> Result:
    """Score generated queries against their passages, for xqg filter.

    Parameters
    ----------
    encoder : str
        The retriever's encoder: a model, or a folder made by xqg encoder or index.
    output : Path
        The folder of scored queries to make.

    Examples
    --------
    $ xqg score --corpus corpus.jsonl --queries queries/ --encoder models/xdr --output scored/
    """
    steps = {"--shard": shard, "--finish": finish}
    if (said := launched(clustering, output, settings.get("device"), steps, prepares=False)) is not None:
        return Result({"scored_queries": output, **said})
    if shard is not None or finish:
        from pyserini_xqg.generation.filtering.shard_scoring import score_shard

        share = None if shard is None else Shard.parse(shard)
        made = score_shard(corpus, at_hand(queries), encoder, output, share, **settings, show_progress=True)
        counts = {} if made is None else {"scored_queries": output, **made.counts}
        return Result({**({} if share is None else {"shard": shard}), **counts})
    from pyserini_xqg.generation.filtering.scoring import score_queries

    manifest = score_queries(corpus, at_hand(queries), encoder, output, **settings, show_progress=True)
    return Result({"scored_queries": output, **manifest.counts})
