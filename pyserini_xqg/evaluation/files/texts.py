"""Texts of the passages that a run names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pyserini_xqg.collection.passages import parse_passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import jsonl_files, read_records

EXAMPLES = 3


def read_texts(corpus: str | Path, run: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The texts, without titles, of the passages that a run names, and no others.

    Parameters
    ----------
    corpus : str or Path
        A JSON lines file, or a folder of them. It is read until all are found; of an id that is there twice the first
        counts.
    run : mapping
        See :func:`read_run`.

    Raises
    ------
    MissingInput
        The corpus cannot be read.
    InvalidInput
        It is not a corpus, or has not all passages of the run.
    """
    missing = set(_passages(run.values()))
    texts: dict[str, str] = {}
    records = (record for file in jsonl_files(corpus) for record in read_records(file))
    while missing and (record := next(records, None)) is not None:
        passage = parse_passage(record)
        if passage.id in missing:
            missing.remove(passage.id)
            texts[passage.id] = passage.text
    if missing:
        examples = [passage for passage in dict.fromkeys(_passages(run.values())) if passage in missing][:EXAMPLES]
        raise InvalidInput(
            f"{corpus}: {len(missing)} of the run's {len(missing) + len(texts)} passages are not in it, "
            f"{', '.join(examples)} among them; the corpus that the index was built from is expected"
        )
    return texts


def _passages(rankings: Iterable[Sequence[str]]) -> Iterable[str]:
    return (passage for ranked in rankings for passage in ranked)
