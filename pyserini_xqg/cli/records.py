"""``xqg records``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._shared import Corpus, Queries, at_hand
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result

OTHERS = ("alpha", "aggregate", "normalize", "reduce_hubness", "control", "control_seed")


@command
def records(
    *,
    corpus: Corpus,
    queries: Queries,
    output: Path,
    chosen: Annotated[dict[str, Any], Options(AugmentationSettings, without=OTHERS)],
) -> Result:
    """Join passages and their queries in records for stock pyserini.encode --fields title text query.

    Give these fields twice, after `input` and after `encoder`; without title the passages lose their titles. After
    `encoder` give --dimension too, the length of the model's vectors, unless it is 768.

    Parameters
    ----------
    output : Path
        The JSONL file to make.

    Examples
    --------
    $ xqg records --corpus corpus.jsonl --queries queries/ --output records.jsonl
    """
    from pyserini_xqg.plugin.records import write_records

    return Result({"records": output, **write_records(corpus, at_hand(queries), output, **chosen)})
