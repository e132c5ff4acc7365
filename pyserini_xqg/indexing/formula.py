"""Formula of xQG: what generated queries add to a passage's vector.

xQG (Zhuang, Shou and Zuccon, SIGIR 2023)::

    v(p) = (1 - alpha) * e(p) + alpha * SUM over the generated queries q of p of e(q)

A sum over all languages and queries, not a mean, and nothing is normalised afterwards. Scores stay linear in the two
parts, so searching is inner-product search as before.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings


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
    """The vectors as they go into the index: at unit length, then hubness reduced, each where it was asked for.

    In the other order unit length would blow a share of the direction that was left up again, most in the passages
    that had most of it: half of it taken out would rank hubs before others more than all of it.

    Parameters
    ----------
    vectors : float32 array of shape (n, d)
    settings : AugmentationSettings
    direction : float32 array of shape (d,) or None
        The mean query direction, of unit length; needed when ``settings.reduce_hubness`` is not 0.
    """
    if settings.normalize:
        lengths = np.maximum(
            np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)), np.finfo(np.float32).tiny
        )
        vectors = vectors / lengths[:, None]
    if settings.reduce_hubness:
        assert direction is not None
        vectors = vectors - np.float32(settings.reduce_hubness) * (vectors @ direction)[:, None] * direction
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
