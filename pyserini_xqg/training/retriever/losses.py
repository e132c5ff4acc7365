"""Contrastive loss of the paper: cross-entropy over the dot products of the batch."""

from __future__ import annotations

from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    MultipleNegativesRankingLoss,
)


def contrastive_loss(
    model: SentenceTransformer, scale: float, mini_batch: int | None, processes: int = 1
) -> torch.nn.Module:
    """Each question's positive against all other passages of the batch, that of all processes.

    Parameters
    ----------
    model : SentenceTransformer
    scale : float
        Factor of the dot products.
    mini_batch : int or None
        Cache gradients: this many texts go through the model at once.
    processes : int
        That train together.
    """
    form: dict[str, Any] = {"scale": scale, "similarity_fct": dot_products, "gather_across_devices": processes > 1}
    if mini_batch is None:
        return MultipleNegativesRankingLoss(model, **form)
    return CachedMultipleNegativesRankingLoss(model, mini_batch_size=mini_batch, **form)


def dot_products(questions: torch.Tensor, passages: torch.Tensor) -> torch.Tensor:
    """In float32 always: without unit length products go into the hundreds, where bfloat16 has steps of 1 or 2."""
    with torch.autocast(questions.device.type, enabled=False):
        return questions.float() @ passages.float().T
