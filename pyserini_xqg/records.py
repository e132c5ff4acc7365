"""Passages with their queries in one record, for stock ``pyserini.encode``.

Pyserini's reader takes text fields only, so the queries of a passage are one field, ``query``, one query a line.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.catalog import Catalog
from pyserini_xqg.collection import parse_passage
from pyserini_xqg.errors import UsageError
from pyserini_xqg.jsonl import jsonl_files, read_records
from pyserini_xqg.languages import language_code
from pyserini_xqg.part import chosen_queries
from pyserini_xqg.passage_source import TextPassages


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
        See :mod:`pyserini_xqg.collection`.
    """
    if output.exists():
        raise UsageError(f"{output} is there; choose another output, or remove it")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".xqg-") as scratch, Catalog(Path(scratch)) as catalog:
        TextPassages(corpus, part_size=1).scan(catalog, Path(scratch, "docid"), lambda: None)
        counts = catalog.add_queries(queries)
        taken = [language_code(language) for language in languages] if languages else sorted(counts.per_language)
        passages = (parse_passage(record) for file in jsonl_files(corpus) for record in read_records(file))
        unfinished = Path(scratch, "records")
        without = total = 0
        with unfinished.open("w", encoding="utf-8", newline="\n") as handle:
            for row, passage in enumerate(passages):
                (record,) = catalog.queries_of([row])
                texts = [" ".join(text.split()) for _, text in chosen_queries(record, taken, num_queries)]
                without += not texts
                total += len(texts)
                values = {"id": passage.id, "title": passage.title, "text": passage.text, "query": "\n".join(texts)}
                handle.write(json.dumps(values, ensure_ascii=False) + "\n")
        unfinished.replace(output)
    return {
        "passages": catalog.rows,
        "passages_without_queries": without,
        "queries": total,
        "queries_records_with_unknown_id": counts.unknown_ids,
    }
