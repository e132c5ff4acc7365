"""Plan of a generation: counts, disk space and time, as measured on a sample."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.collection.corpus import Corpus, sample_passages
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.generation.query_writer import QueryWriter
from pyserini_xqg.storage.files import free_bytes


@dataclass(frozen=True)
class GenerationPlan:
    """What a run would do.

    Attributes
    ----------
    passages, empty_passages, queries : int
        Counts; queries as asked for.
    output_bytes, free_bytes : int
        Disk space for the queries, as a sample has it, and that there is.
    queries_per_second, seconds : float
        As measured on the sample here and now.
    """

    passages: int
    empty_passages: int
    queries: int
    output_bytes: int
    free_bytes: int
    queries_per_second: float
    seconds: float


def plan_generation(
    writer: QueryWriter, passages: Corpus, languages: Sequence[str], num_queries: int, sample: int, output: Path
) -> GenerationPlan:
    """What a run would do on a fresh folder, measured on `sample` passages from all over the corpus.

    Parameters
    ----------
    writer : QueryWriter
        For these languages and that number of queries, in a folder of its own, where the sample is written.
    passages : Corpus
        Scanned.
    languages : sequence of str
    num_queries, sample : int
    output : Path
        Where the queries are to go; nothing is written there.
    """
    chosen = sample_passages(passages.path, sample)[:sample] or [_first(passages)]
    start = time.monotonic()
    writer.write(0, chosen, None, {}, lambda _: None)
    seconds = time.monotonic() - start
    total = passages.passages - passages.empty_passages
    share = total / len(chosen)
    return GenerationPlan(
        passages=passages.passages,
        empty_passages=passages.empty_passages,
        queries=total * num_queries * len(languages),
        output_bytes=round(share * writer.parts.file(0).stat().st_size),
        free_bytes=free_bytes(output.parent),
        queries_per_second=round(len(chosen) * num_queries * len(languages) / seconds, 1),
        seconds=share * seconds,
    )


def _first(passages: Corpus) -> Passage:
    """The first passage that is not empty."""
    return next(passage for _, part in passages.parts() for passage in part if not passage.is_empty)
