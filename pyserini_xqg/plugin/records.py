"""Passages with their queries in one record, for stock ``pyserini.encode``.

Pyserini's reader takes text fields only, so the queries of a passage are one field, ``query``, one query a line.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.collection.queries import chosen_queries
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.indexing.passage_source import TextPassages
from pyserini_xqg.indexing.settings import AugmentationSettings

PART_SIZE = 1024


def write_records(
    corpus: Path, queries: Path, output: Path, languages: Sequence[str] | None = None, num_queries: int | None = None
) -> dict[str, int]:
    """Write ``{"id", "title", "text", "query"}`` for every passage, in the order of the corpus.

    Parameters
    ----------
    corpus, queries : Path
        As for :class:`~pyserini_xqg.indexing.XqgIndexBuilder`.
    output : Path
        The JSONL file to make; it is there when it is whole.
    languages : sequence of str, optional
        Whose queries to take; all if left out.
    num_queries : int, optional
        How many of each language, the first ones.

    Returns
    -------
    dict of str to int
        How many passages there are, how many of them have no query, how many queries, and how many records of queries
        have an id that no passage has.

    Raises
    ------
    UsageError
        `output` is there.
    MissingInput, InvalidInput
        See :mod:`pyserini_xqg.collection.passages`; also for a language without queries.
    """
    if output.exists():
        raise UsageError(f"{output} is there; choose another output, or remove it")
    settings = AugmentationSettings(languages=tuple(languages) if languages else None, num_queries=num_queries)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".xqg-") as scratch:
            unfinished = Path(scratch, "records")
            counts = _write(corpus, queries, unfinished, settings)
            unfinished.replace(output)
    except OSError as error:
        raise XqgError(
            f"{output} cannot be written ({error.strerror}); free space in a folder that can be written is expected"
        ) from error
    return counts


def _write(corpus: Path, queries: Path, output: Path, settings: AugmentationSettings) -> dict[str, int]:
    without = total = 0
    with QueryLookup(output.parent) as lookup, output.open("w", encoding="utf-8", newline="\n") as handle:
        source = TextPassages(corpus, PART_SIZE)
        source.scan(lookup, output.with_name("docid"), lambda: None)
        counts = lookup.add_queries(queries)
        languages = counts.languages(settings.languages)
        for row, passage in enumerate(source.passages()):
            (record,) = lookup.queries_of([row])
            texts = [" ".join(text.split()) for _, text in chosen_queries(record, languages, settings.num_queries)]
            without += not texts
            total += len(texts)
            values = {"id": passage.id, "title": passage.title, "text": passage.text, "query": "\n".join(texts)}
            handle.write(json.dumps(values, ensure_ascii=False) + "\n")
        return {
            "passages": lookup.rows,
            "passages_without_queries": without,
            "queries": total,
            "queries_records_with_unknown_id": counts.unknown_ids,
        }
