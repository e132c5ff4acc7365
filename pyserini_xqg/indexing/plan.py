"""Plan of an index: counts, disk space, and the time to encode, as measured on a sample."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pyserini_xqg.collection.query_counts import QueryCounts
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.indexing.augmentation import Augmenter
from pyserini_xqg.indexing.exchange import exchange_for
from pyserini_xqg.indexing.form import IndexForm
from pyserini_xqg.indexing.passage_source import TextPassages
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.storage.files import free_bytes


@dataclass(frozen=True)
class IndexPlan:
    """What a build would do.

    Attributes
    ----------
    passages, empty_passages, passages_with_queries, queries, dimension : int
        Counts; of queries that would be encoded, and of passages that have such ones.
    index_bytes : int or None
        Size of the index; None where it is not known beforehand.
    working_bytes, free_bytes : int
        Disk space that the build needs at its peak (index not included, unless flat), and that there is.
    seconds : float
        Time to encode, as measured on a sample here and now.
    """

    passages: int
    empty_passages: int
    passages_with_queries: int
    queries: int
    dimension: int
    index_bytes: int | None
    working_bytes: int
    free_bytes: int
    seconds: float


def plan_index(
    augmentation: AugmentationSettings,
    index: IndexSettings,
    encoder: TextEncoder,
    source: TextPassages,
    lookup: QueryLookup,
    counts: QueryCounts,
    languages: Sequence[str],
    output: Path,
) -> IndexPlan:
    """What a build would do; its first part, which is the sample, is made and timed.

    Parameters
    ----------
    augmentation : AugmentationSettings
    index : IndexSettings
    encoder : TextEncoder
    source : TextPassages
        Scanned; the size of its parts is that of the sample.
    lookup : QueryLookup
        Filled, which gave `counts`.
    counts : QueryCounts
    languages : sequence of str
        Whose queries count.
    output : Path
        Where the index is to go; nothing is written there.

    Raises
    ------
    UsageError
        The memory that the index may take is too little to make it.
    """
    IndexForm(index, encoder.dimension, lookup.rows).settle()  # says what it takes, or that it does not fit
    zeros = np.zeros(encoder.dimension, dtype=np.float32)
    keep, first = index.keep_vectors, index.keep_first
    exchange = exchange_for(augmentation, lookup, languages)
    augmenter = Augmenter(augmentation, encoder, source, lookup, languages, keep, zeros, zeros, first, exchange)
    start = time.monotonic()
    (sample,) = augmenter.tokenized([0])
    augmenter.augmented(sample)
    seconds = (time.monotonic() - start) / len(sample.ids) * lookup.rows
    row = 4 * encoder.dimension
    is_used = augmentation.alpha > 0 or keep
    kept = (1 + (1 + len(first)) * len(languages)) * row + 8 * len(languages) if keep else 0
    return IndexPlan(
        passages=lookup.rows,
        empty_passages=source.empty_passages,
        passages_with_queries=counts.used_passages if is_used else 0,
        queries=counts.used_queries if is_used else 0,
        dimension=encoder.dimension,
        index_bytes=row * lookup.rows if index.factory == "Flat" else None,
        working_bytes=(row + kept) * lookup.rows,
        free_bytes=free_bytes(output.parent),
        seconds=seconds,
    )
