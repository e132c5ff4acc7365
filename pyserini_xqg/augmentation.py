"""The formula: what generated queries add to a passage's vector.

xQG (Zhuang, Shou and Zuccon, SIGIR 2023)::

    v(p) = (1 - alpha) * e(p) + alpha * SUM over the generated queries q of p of e(q)

A sum over all languages and queries, not a mean, and nothing is normalised afterwards. Scores stay linear in the two
parts, so searching is inner-product search as before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pyserini_xqg.encoding.text_encoder import Vectors
from pyserini_xqg.errors import UsageError
from pyserini_xqg.languages import language_code

Aggregate = Literal["sum", "mean"]
Control = Literal["shuffled", "mean"]
AGGREGATES: tuple[Aggregate, ...] = ("sum", "mean")
CONTROLS: tuple[Control, ...] = ("shuffled", "mean")


@dataclass(frozen=True)
class AugmentationSettings:
    """What is added to the passage vectors.

    Parameters
    ----------
    alpha : float
        Weight of the queries, 0 (the plain index) to 1 (queries only). The paper's is 0.01 over a sum of 35.
    aggregate : {"sum", "mean"}
        Whether a passage's query vectors are added up, as in the paper, or averaged: (1 - alpha) e(p) + alpha MEAN
        e(q), and a passage without queries keeps e(p).
    languages : tuple of str or None
        Codes of the languages whose queries count; None: all.
    num_queries : int or None
        How many queries of each language count, the first ones; None: all.
    normalize : bool
        Whether the finished vectors get unit length. Not in the paper.
    reduce_hubness : float
        Share b of the mean query direction m to take out of the finished vectors, v - b <v, m> m, 0 (none) to 1 (all).
    control : {"shuffled", "mean"} or None
        Instead of its own queries, a passage gets those of another passage, or the mean query vector as often as it
        has queries. A gain that a control shows as well has nothing to do with the passage's own queries.
    """

    alpha: float = 0.01
    aggregate: Aggregate = "sum"
    languages: tuple[str, ...] | None = None
    num_queries: int | None = None
    normalize: bool = False
    reduce_hubness: float = 0.0
    control: Control | None = None

    def __post_init__(self) -> None:
        for name in ("alpha", "reduce_hubness"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}: a number from 0 to 1 is expected")
        if self.aggregate not in AGGREGATES:
            raise UsageError(f"aggregate is {self.aggregate!r}: one of {', '.join(AGGREGATES)} is expected")
        if self.control not in (None, *CONTROLS):
            raise UsageError(f"control is {self.control!r}: one of {', '.join(CONTROLS)} is expected")
        if self.num_queries is not None and self.num_queries < 1:
            raise UsageError(
                f"num_queries is {self.num_queries}: at least 1 is expected (alpha 0 makes the plain index)"
            )
        if self.languages is not None:
            codes = tuple(sorted({language_code(language) for language in self.languages}))
            object.__setattr__(self, "languages", codes)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> AugmentationSettings:
        """Settings from a manifest."""
        languages = values.get("languages")
        return cls(**{**values, "languages": None if languages is None else tuple(languages)})


def augment(passages: Vectors, sums: Vectors, counts: npt.NDArray[np.int64], settings: AugmentationSettings) -> Vectors:
    """The augmented vectors of some passages, before hubness reduction and normalisation.

    Parameters
    ----------
    passages : float32 array of shape (n, d)
        e(p).
    sums : float32 array of shape (n, d)
        The sums of the e(q) of each passage; zeros for a passage without queries. Where sums are added, this keeps
        (1 - alpha) e(p); where means are, it keeps e(p).
    counts : int array of shape (n,)
        How many queries each sum holds.
    settings : AugmentationSettings

    Returns
    -------
    float32 array of shape (n, d)
    """
    queries = means_or_passages(passages, sums, counts) if settings.aggregate == "mean" else sums
    alpha = np.float32(settings.alpha)
    augmented: Vectors = (np.float32(1) - alpha) * passages + alpha * queries
    return augmented


def means_or_passages(passages: Vectors, sums: Vectors, counts: npt.NDArray[np.int64]) -> Vectors:
    """The mean e(q) of each passage, and e(p) where it has no query, which alpha then leaves as it is.

    With vectors of unit length, as most encoders give, a passage that kept (1 - alpha) e(p) would stand behind all
    passages with queries, whatever is asked.
    """
    means = np.divide(sums, np.maximum(counts, 1)[:, None], dtype=np.float32)
    means[counts == 0] = passages[counts == 0]
    return means


def finish(vectors: Vectors, settings: AugmentationSettings, direction: Vectors | None) -> Vectors:
    """The vectors as they go into the index: hubness reduced, then normalised, each where it was asked for.

    Parameters
    ----------
    vectors : float32 array of shape (n, d)
    settings : AugmentationSettings
    direction : float32 array of shape (d,) or None
        The mean query direction, of unit length; needed when ``settings.reduce_hubness`` is not 0.
    """
    if settings.reduce_hubness:
        assert direction is not None
        vectors = vectors - np.float32(settings.reduce_hubness) * (vectors @ direction)[:, None] * direction
    if settings.normalize:
        lengths = np.maximum(
            np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)), np.finfo(np.float32).tiny
        )
        vectors = vectors / lengths[:, None]
    return vectors.astype(np.float32, copy=False)


def unit(vector: npt.NDArray[np.floating[Any]]) -> Vectors:
    """`vector` at unit length, float32.

    Raises
    ------
    UsageError
        It is zero: the queries it is the mean of cancel out or there are none.
    """
    length = float(np.linalg.norm(vector))
    if not math.isfinite(length) or length == 0:
        raise UsageError("the mean of the queries is no direction: at least one query with a finite vector is expected")
    return (vector / length).astype(np.float32)
