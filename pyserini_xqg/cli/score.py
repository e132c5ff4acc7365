"""``xqg score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._shared import Corpus, Queries, at_hand
from pyserini_xqg.generation.settings import ScoringSettings
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result


@command
def score(
    *,
    corpus: Corpus,
    queries: Queries,
    encoder: str,
    output: Path,
    settings: Annotated[dict[str, Any], Options(ScoringSettings)],
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
    from pyserini_xqg.generation.filtering.scoring import score_queries

    manifest = score_queries(corpus, at_hand(queries), encoder, output, **settings, show_progress=True)
    return Result({"scored_queries": output, **manifest.counts})
