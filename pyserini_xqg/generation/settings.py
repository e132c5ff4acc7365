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
        Rounds of replacing queries that cleaning dropped.
    seed : int
        Seed of the random numbers.
    part_size : int or None
        Save after so many passages; None: 256, more for millions. A stopped run goes on from there; each part is a
        file.
    limit : int or None
        Take only so many passages, the first ones.
    """

    num_queries: int = 5
    tries: int = field(default=3, metadata=CLEANING)
    seed: int = 0
    part_size: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class ScoringSettings:
    """How queries are scored.

    Parameters
    ----------
    index : Path or None
        An index of the corpus, to see at which rank a query finds its passage.
    depth : int
        With --index: how many passages deep to look for it.
    device : str or None
        Where the model runs: cpu, cuda, cuda:1, mps; None: the best there is.
    part_size : int
        Save after so many passages; a stopped run goes on from there.
    """

    index: Path | None = None
    depth: int = 10
    device: str | None = None
    part_size: int = 1024
