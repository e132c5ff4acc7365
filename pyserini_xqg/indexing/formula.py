"""Formula of xQG: what generated queries add to a passage's vector.

xQG (Zhuang, Shou and Zuccon, SIGIR 2023)::

    v(p) = (1 - alpha) * e(p) + alpha * SUM over the generated queries q of p of e(q)

A sum over all languages and queries, not a mean, and nothing is normalised afterwards. Scores stay linear in the two
parts, so searching is inner-product search as before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings


def augment_by_language(
    passages: Vectors,
    sums: Vectors,
    counts: npt.NDArray[np.int64],
    languages: Sequence[str],
    settings: AugmentationSettings,
) -> Vectors:
    """The augmented vectors of some passages, whose queries can weigh otherwise in each language.

    With the weight a(q) that the language of q has::

        sum   v(p) = (1 - MEAN over the languages of a) * e(p) + SUM over q of a(q) e(q)
        mean  v(p) = MEAN over q of (1 - a(q)) * e(p) + a(q) e(q)

    Where all languages have one weight, this is :func:`augment`.

    Parameters
    ----------
    passages : float32 array of shape (n, d)
    sums : float32 array of shape (languages, n, d)
        The sums of each passage's query vectors.
    counts : int array of shape (languages, n)
        How many queries each sum holds.
    languages : sequence of str
        Those of `sums` and `counts`.
    settings : AugmentationSettings

    Returns
    -------
    float32 array of shape (n, d)
    """
    if not settings.alphas:
        return augment(passages, sums.sum(axis=0), counts.sum(axis=0), settings)
    # An index made earlier can have another code of a language.
    weights = np.array([settings.alphas[language_code(language)] for language in languages], dtype=np.float32)
    weighted = np.zeros_like(passages)
    for weight, of_language in zip(weights, sums, strict=True):
        weighted += weight * of_language
    if settings.aggregate == "sum":
        return (np.float32(1) - np.float32(settings.alpha)) * passages + weighted
    number = np.maximum(counts.sum(axis=0), 1)
    share = ((weights @ counts) / number).astype(np.float32)
    augmented: Vectors = (np.float32(1) - share)[:, None] * passages + weighted / number[:, None].astype(np.float32)
    return augmented


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


def finish(given: Vectors, settings: AugmentationSettings, direction: Vectors | None) -> Vectors:
    """The vectors as they go into the index: at unit length, then hubness reduced, each where it was asked for.

    In the other order unit length would blow a share of the direction that was left up again, most in the passages
    that had most of it: half of it taken out would rank hubs before others more than all of it.

    Parameters
    ----------
    given : float32 array of shape (n, d)
    settings : AugmentationSettings
    direction : float32 array of shape (d,) or None
        The mean query direction, of unit length; needed when ``settings.reduce_hubness`` is not 0.
    """
    vectors: npt.NDArray[Any] = given / lengths_of(given)[:, None] if settings.normalize else given
    if settings.reduce_hubness:
        assert direction is not None
        vectors = vectors - np.float32(settings.reduce_hubness) * (vectors @ direction)[:, None] * direction
    finished: Vectors = vectors.astype(np.float32, copy=False)
    return finished


def lengths_of(vectors: Vectors) -> npt.NDArray[np.float64]:
    """What vectors are divided by to give them unit length: float64, shape (n,); never 0."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    lengths: npt.NDArray[np.float64] = np.maximum(np.sqrt(squares), np.finfo(np.float32).tiny)
    return lengths


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
