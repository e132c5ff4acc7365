"""Settings of a run that generates or scores queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

CLEANING = {"panel": "Cleaning and filtering"}


@dataclass(frozen=True)
class GenerationSettings:
    """How many queries are generated, and for how many passages.

    Parameters
    ----------
    num_queries : int
        Queries for each passage and language.
    tries : int
        Rounds until a passage is left with fewer queries.
    seed : int
        Of all that is drawn.
    part_size : int
        Passages between two points where a stopped run goes on.
    limit : int or None
        Take only the first passages.
    """

    num_queries: int = 5
    tries: int = field(default=3, metadata=CLEANING)
    seed: int = 0
    part_size: int = 256
    limit: int | None = None


@dataclass(frozen=True)
class ScoringSettings:
    """How queries are scored.

    Parameters
    ----------
    index : Path or None
        An index of the corpus, to see at which rank a query finds its passage.
    depth : int
        How far down the passage is looked for.
    device : str or None
        cuda, cuda:1, mps, cpu; None: the best there is.
    part_size : int
        Passages between two points where a stopped run goes on.
    """

    index: Path | None = None
    depth: int = 10
    device: str | None = None
    part_size: int = 1024
