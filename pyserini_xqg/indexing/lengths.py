"""Lengths of augmented vectors: where an encoder gives unit length and the index does not, they rank passages too."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pyserini_xqg.encoding.encoder import Vectors

# Scores of good and bad passages often differ by a few per cent; lengths that differ by one of them decide on many.
SPREAD = 0.01
PASSAGES, WITH, WITHOUT = "passages", "with_queries", "without_queries"

Sums = dict[str, list[float]]


def sums_of_lengths(passages: Vectors, vectors: Vectors, has_queries: np.ndarray[Any, np.dtype[np.bool_]]) -> Sums:
    """Count, sum and sum of squares of the lengths of some passages' vectors.

    Parameters
    ----------
    passages : float32 array of shape (n, d)
        e(p).
    vectors : float32 array of shape (n, d)
        Augmented, before hubness reduction and normalisation; apart for those with queries and those without.
    has_queries : bool array of shape (n,)
    """
    of_passages, of_vectors = (np.linalg.norm(each.astype(np.float64), axis=1) for each in (passages, vectors))
    lengths = {PASSAGES: of_passages, WITH: of_vectors[has_queries], WITHOUT: of_vectors[~has_queries]}
    return {name: [len(of), float(of.sum()), float((of**2).sum())] for name, of in lengths.items()}


def length_warning(sums: Iterable[Mapping[str, list[float]]], normalize: bool) -> str | None:
    """What is to be said of the lengths of an index's vectors, from :func:`sums_of_lengths` of its parts.

    Parameters
    ----------
    sums : iterable of mapping
    normalize : bool
        Whether the index has all vectors at unit length. That is fair among passages with queries only: these have been
        moved towards the queries' common direction, where questions are, and the others have not.

    Returns
    -------
    str or None
        None where lengths are all but equal, and where the encoder's own are not 1: then lengths are part of what it
        learned.
    """
    totals: Sums = {name: [0.0, 0.0, 0.0] for name in (PASSAGES, WITH, WITHOUT)}
    for each in sums:
        totals = {name: [a + b for a, b in zip(total, each[name], strict=True)] for name, total in totals.items()}
    (_, length, spread), (queried, with_queries, _), (rest, without, _) = (_moments(total) for total in totals.values())
    if normalize:
        return (
            f"{rest} of {rest + queried} passages have no queries: at unit length those with queries are nearer to any "
            "question, and the others are hardly found. Generate queries for all, or leave --normalize out"
            if queried and rest
            else None
        )
    if not (queried and math.isclose(length, 1, abs_tol=1e-3) and spread < 1e-3):
        return None
    overall = [a + b for a, b in zip(totals[WITH], totals[WITHOUT], strict=True)]
    _, mean, spread = _moments(overall)
    if spread <= SPREAD * mean and (not rest or abs(without - with_queries) <= SPREAD * mean):
        return None
    of_rest = f" (with queries {with_queries:.3f}, without {without:.3f})" if rest else ""
    return (
        f"the encoder gives vectors of length 1 and the augmented ones have {mean:.3f} on average, standard deviation "
        f"{spread:.3f}{of_rest}: an inner product favours the longer ones, whatever is asked. "
        + ("Generate queries for all passages, and then give --normalize" if rest else "--normalize makes them equal")
    )


def _moments(total: list[float]) -> tuple[int, float, float]:
    """Count, mean and standard deviation."""
    count, first, second = total
    if not count:
        return 0, math.nan, math.nan
    mean = first / count
    return int(count), mean, math.sqrt(max(0.0, second / count - mean**2))
