"""Measures of how well each pair of parallel sentences is aligned: accuracy, MRR, mutual neighbours, margin."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import torch

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.evaluation.alignment.similarity import Similarity

Values = npt.NDArray[np.float64]

ACCURACY, TO_ENGLISH, FROM_ENGLISH = "A@1", "A@1 to English", "A@1 from English"
RANK_TO_ENGLISH, RANK_FROM_ENGLISH = "MRR to English", "MRR from English"
MUTUAL, MARGIN = "mutual", "cosine margin"
MEASURES = (ACCURACY, TO_ENGLISH, FROM_ENGLISH, RANK_TO_ENGLISH, RANK_FROM_ENGLISH, MUTUAL, MARGIN)

# Similarities of the same two vectors, computed in blocks of other shapes, differ by no more.
ROUNDING = 1e-6


def pair_values(
    english: Vectors, others: Vectors, similarity: str = "cosine", device: str = "cpu"
) -> dict[str, Values]:
    """What each pair reaches by each of ``MEASURES``.

    * ``A@1 to English``: whether the English sentence is the one most similar to the other one, 1 or 0; ``A@1 from
      English``: the other way round; ``A@1``: the mean of the two;
    * ``MRR``: one over its rank;
    * ``mutual``: whether each is the one most similar to the other;
    * ``cosine margin``: the cosine of the pair less the mean cosine of either with all others, the mean of both
      directions; whatever the similarity.

    A sentence that is as similar as the right one ranks before it, so that an encoder that says the same of all gets
    nothing for it.

    Parameters
    ----------
    english, others : float32 arrays of shape (n, d)
        Row i of both is a pair; n is 2 or more.
    similarity : str
        See :class:`Similarity`.
    device : str
        A torch device.

    Returns
    -------
    dict
        Measure to an array of shape (n,).
    """
    found = Similarity(similarity, english, others, device)
    from_english, to_english = _ranks(found.from_left()), _ranks(found.from_right())
    return {
        ACCURACY: ((from_english == 1).astype(float) + (to_english == 1)) / 2,
        TO_ENGLISH: (to_english == 1).astype(float),
        FROM_ENGLISH: (from_english == 1).astype(float),
        RANK_TO_ENGLISH: 1 / to_english,
        RANK_FROM_ENGLISH: 1 / from_english,
        MUTUAL: ((from_english == 1) & (to_english == 1)).astype(float),
        MARGIN: _cosine_margin(english, others),
    }


def _ranks(blocks: Iterable[tuple[int, torch.Tensor]]) -> Values:
    """The rank of the right sentence of each row, from 1."""
    ranks = []
    for start, scores in blocks:
        own = scores.diagonal(start)[:, None]
        # The right one itself is among those that are as similar as it is.
        ranks.append((scores >= own - ROUNDING * own.abs().clamp(min=1)).sum(dim=1))
    return torch.cat(ranks).cpu().numpy().astype(np.float64)


def _cosine_margin(english: Vectors, others: Vectors) -> Values:
    left, right = (
        each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), np.finfo(np.float64).tiny)
        for each in (english.astype(np.float64), others.astype(np.float64))
    )
    own = np.einsum("ij,ij->i", left, right)
    towards = left @ right.sum(axis=0) - own
    back = right @ left.sum(axis=0) - own
    margin: Values = own - (towards + back) / (2 * (len(own) - 1))
    return margin
