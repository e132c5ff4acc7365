"""Speeds, measured here on a sample: of an encoder, and of a generator."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import open_passage_encoder, read_encoder
from pyserini_xqg.encoding.settings import Kind
from pyserini_xqg.planning.sample import Sample

QUERIES = 512


@dataclass(frozen=True)
class EncoderSpeed:
    """What an encoder does here.

    Attributes
    ----------
    dimension : int
    passages, queries : float
        A second.
    model_bytes : int
        Of its weights.
    """

    dimension: int
    passages: float
    queries: float
    model_bytes: int


def encoder_speed(name: str | Path, device: str | None, sample: Sample, languages: Sequence[str]) -> EncoderSpeed:
    """Encode a sample's passages, and queries of some languages (of all where it has none of them).

    Raises
    ------
    XqgError
        See :class:`~pyserini_xqg.encoding.TextEncoder`.
    """
    encoder = open_passage_encoder(read_encoder(name, "passage"), device)
    own = [sample.queries[language] for language in languages if language in sample.queries]
    asked = [text for texts in own or sample.queries.values() for text in texts]
    # Evenly from all of them: their order is that of languages.
    queries = asked[:: max(1, len(asked) // QUERIES)][:QUERIES]
    encoder.encode(queries[:8], "query")  # what is only done once
    return EncoderSpeed(
        encoder.dimension,
        _speed(encoder, sample.passage_texts(), "passage"),
        _speed(encoder, queries, "query"),
        encoder.weights_bytes(),
    )


def generator_speed(
    name: str, options: Mapping[str, Any], sample: Sample, languages: Sequence[str], num_queries: int
) -> float:
    """Queries a second that a generator writes for a few of a sample's passages."""
    from pyserini_xqg.generation.backends.by_name import make_generator
    from pyserini_xqg.generation.builder import XqgQueryBuilder

    generator = make_generator(name, sample.corpus, languages, show_progress=True, **options)
    with tempfile.TemporaryDirectory() as scratch:
        builder = XqgQueryBuilder(generator, languages, num_queries, show_progress=True)
        return builder.plan(sample.corpus, Path(scratch, "queries")).queries_per_second


def _speed(encoder: TextEncoder, texts: Sequence[str], kind: Kind) -> float:
    start = time.monotonic()
    encoder.encode(texts, kind)
    return len(texts) / (time.monotonic() - start)
