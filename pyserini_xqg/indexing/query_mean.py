"""Mean query vector of a collection: what the mean control adds, and whose direction hubness reduction takes out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.queries import chosen_queries
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.encoding.encoder import Progress, TextEncoder, Vectors, no_progress
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.indexing.exchange import Exchange
from pyserini_xqg.indexing.formula import unit
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.files import sha256_of
from pyserini_xqg.storage.manifest import Manifest, holds_encoder

# Those of so many passages, evenly spread over those with queries, stand for all: the mean of a few thousand unit
# vectors is steady, and a first pass over all queries would double the work.
SAMPLED_PASSAGES = 1024


def sampled(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Those of the passages with queries that stand for all: at most :data:`SAMPLED_PASSAGES`, evenly spread."""
    size = min(len(rows), SAMPLED_PASSAGES)
    return rows[np.arange(size) * len(rows) // max(1, size)]


def mean_of_generated(
    encoder: TextEncoder,
    lookup: QueryLookup,
    languages: Sequence[str],
    num_queries: int | None,
    progress: Progress = no_progress,
    exchange: Exchange | None = None,
) -> Vectors:
    """The mean vector of the generated queries: float32, shape (dimension,).

    Parameters
    ----------
    encoder : TextEncoder
    lookup : QueryLookup
        Filled.
    languages : sequence of str
        Whose queries count.
    num_queries : int or None
        How many of each, the first ones.
    exchange : Exchange or None
        Of the shuffled control: the sampled passages stand there with the queries that they get.

    Raises
    ------
    UsageError
        There are none.
    """
    rows = sampled(lookup.numbers(languages, num_queries).rows_with_queries())
    records = lookup.queries_of((rows if exchange is None else exchange.partners[rows]).tolist())
    texts = [text for record in records for _, text in chosen_queries(record, languages, num_queries)]
    if not texts:
        raise UsageError(
            "the mean of the generated queries is needed and there are none: give --queries (or, for hubness, "
            "--hubness-topics)"
        )
    return _mean(encoder, texts, progress)


def mean_of_topics(encoder: TextEncoder, topics: Path, device: str | None, progress: Progress = no_progress) -> Vectors:
    """The mean vector of the questions of a topics file: float32, shape (dimension,).

    Parameters
    ----------
    encoder : TextEncoder
        Of the passages; the queries' own model is opened on `device` where it is another one.

    Raises
    ------
    MissingInput, InvalidInput
        See :func:`pyserini_xqg.collection.read_topics`; also for a file without a question.
    """
    texts = [text for _, text in read_topics(topics)]
    if not texts:
        raise InvalidInput(f"{topics}: no topics; at least one question is expected")
    if encoder.settings.query_model is not None:
        encoder = TextEncoder(encoder.settings, device, "query")
    return _mean(encoder, texts, progress)


def mean_and_direction(
    settings: AugmentationSettings,
    encoder: TextEncoder,
    lookup: QueryLookup,
    languages: Sequence[str],
    topics: Path | None,
    device: str | None,
    progress: Progress = no_progress,
    exchange: Exchange | None = None,
) -> tuple[Vectors | None, Vectors | None]:
    """The mean query vector for the mean control, the mean query direction for hubness reduction; None if unused.

    Parameters
    ----------
    settings : AugmentationSettings
    encoder : TextEncoder
    lookup : QueryLookup
        Filled.
    languages : sequence of str
        Whose queries count.
    topics : Path or None
        Questions to take the direction from, instead of the generated queries.
    device : str or None
        See :func:`mean_of_topics`.
    progress : callable
        Is told how many more queries are encoded.
    exchange : Exchange or None
        See :func:`mean_of_generated`.
    """
    mean = None
    if settings.control == "mean" or (settings.reduce_hubness and topics is None):
        mean = mean_of_generated(encoder, lookup, languages, settings.num_queries, progress, exchange)
    if not settings.reduce_hubness:
        return mean, None
    if topics is not None:
        return mean, unit(mean_of_topics(encoder, topics, device, progress))
    assert mean is not None
    return mean, unit(mean)


def read_direction(name: str | Path) -> Vectors | None:
    """The mean query direction that an index folder of ours was made with: float32, shape (dimension,).

    None where hubness was not reduced, and for what is no index of ours.

    Raises
    ------
    InvalidInput
        The manifest is damaged.
    """
    found = Manifest.read(name).details.get("mean_query_direction") if holds_encoder(name) else None
    return None if found is None else np.asarray(found, dtype=np.float32)


def sha256_of_topics(file: Path) -> str:
    """The SHA-256 of a topics file, each line of which is looked at; errors are those of :func:`mean_of_topics`."""
    list(read_topics(file))
    return sha256_of(file)


def _mean(encoder: TextEncoder, texts: Sequence[str], progress: Progress) -> Vectors:
    total = np.zeros(encoder.dimension)
    for _, values in encoder.embed(encoder.tokenize(texts, "query"), progress):
        total += values.sum(axis=0, dtype=np.float64)
    return (total / len(texts)).astype(np.float32)
