"""Losses of distillation: a student comes near to the teacher's ranking of candidates, or to its vectors.

sentence-transformers' losses do the sums where they fit: ``MultipleNegativesRankingLoss`` for the contrastive part,
``DistillKLDivLoss`` for the KL divergence. Neither ``DistillKLDivLoss`` nor ``MSELoss`` caches gradients, and each loss
runs the model by itself, so that two of them on one batch would run it twice. Here the model runs once, in pieces if
asked to, and the losses get its vectors. ``MSELoss`` takes no vectors in all versions; the mean of squares that it is
stands here.

Gradients are cached by PyTorch's ``checkpoint``, not by sentence-transformers' ``CachedLossMixin``: its loss is a
single number, which it has gone back from before it returns it, and QuiCK's has two terms, which the trainer logs one
by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import DistillKLDivLoss, MultipleNegativesRankingLoss
from torch.utils.checkpoint import checkpoint

from pyserini_xqg.training.retriever.losses import dot_products

Features = dict[str, Any]


class _Distillation(torch.nn.Module):
    """Runs the model on questions and on their candidates, which come as one column: all firsts, all seconds, ..."""

    def __init__(self, model: SentenceTransformer, mini_batch: int | None):
        super().__init__()
        self.model = model
        self._mini_batch = mini_batch

    def embed(self, features: Features) -> torch.Tensor:
        """The vectors of texts, in float32."""
        if self._mini_batch is None:
            return self._run(features)
        rows = len(features["input_ids"])
        # Kept are the vectors alone; on the way back each piece goes through the model again.
        pieces = [
            checkpoint(self._run, _piece(features, start, start + self._mini_batch), use_reentrant=False)
            for start in range(0, rows, self._mini_batch)
        ]
        return torch.cat(pieces)

    def vectors(self, features: Iterable[Features]) -> list[torch.Tensor]:
        """The questions' vectors, and those of each candidate in turn."""
        questions, candidates = (self.embed(each) for each in features)
        return [questions, *candidates.reshape(-1, *questions.shape)]

    def _run(self, features: Features) -> torch.Tensor:
        vectors: torch.Tensor = self.model(dict(features))["sentence_embedding"]
        return vectors.float()


class QuickLoss(_Distillation):
    """The contrastive loss, and the KL divergence of the student's ranking from the teacher's.

    The student's is the softmax over a question's candidates of its scaled dot products, as in the contrastive loss;
    the teacher's that of its scores divided by the temperature, which is the teacher's alone.

    Parameters
    ----------
    model : SentenceTransformer
    scale : float
        Factor of the dot products.
    temperature, weight : float
        Of the teacher's scores; of the divergence.
    mini_batch : int or None
        Texts that go through the model at once.
    processes : int
        That train together.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        scale: float,
        temperature: float,
        weight: float,
        mini_batch: int | None = None,
        processes: int = 1,
    ):
        super().__init__(model, mini_batch)
        self._scale, self._temperature, self._weight = scale, temperature, weight
        self.contrastive = MultipleNegativesRankingLoss(
            model, scale=scale, similarity_fct=dot_products, gather_across_devices=processes > 1
        )
        self.divergence = DistillKLDivLoss(model, temperature=1.0)

    def forward(self, features: Iterable[Features], labels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Of questions and candidates, and the teacher's scores (questions, candidates): the two terms of the sum,
        which the trainer adds up.
        """
        vectors = self.vectors(features)
        with torch.autocast(vectors[0].device.type, enabled=False):
            contrastive: torch.Tensor = self.contrastive.compute_loss_from_embeddings(vectors, labels)
            scaled = [vectors[0] * self._scale, *vectors[1:]]
            divergence = self.divergence.compute_loss_from_embeddings(scaled, labels.float() / self._temperature)
            return {"contrastive": contrastive, "divergence": self._weight * divergence}


class RelevanceLoss(_Distillation):
    """The KL divergence of the student's ranking from the teacher's, both at one temperature, times its square.

    Parameters
    ----------
    model : SentenceTransformer
    scale : float
        Factor of the student's dot products.
    temperature : float
    mini_batch : int or None
        Texts that go through the model at once.
    """

    def __init__(self, model: SentenceTransformer, scale: float, temperature: float, mini_batch: int | None = None):
        super().__init__(model, mini_batch)
        self._scale = scale
        self.divergence = DistillKLDivLoss(model, temperature=temperature)

    def forward(self, features: Iterable[Features], labels: torch.Tensor) -> torch.Tensor:
        """Of questions and candidates, and the teacher's scores (questions, candidates)."""
        vectors = self.vectors(features)
        with torch.autocast(vectors[0].device.type, enabled=False):
            scaled = [vectors[0] * self._scale, *vectors[1:]]
            return self.divergence.compute_loss_from_embeddings(scaled, labels.float())


class RepresentationLoss(_Distillation):
    """The mean square of the differences between the student's vectors and the teacher's.

    Parameters
    ----------
    model : SentenceTransformer
    mini_batch : int or None
        Texts that go through the model at once.
    """

    def forward(self, features: Iterable[Features], labels: torch.Tensor) -> torch.Tensor:
        """Of several columns of texts, which all have the teacher's vectors (texts, dimension) as their aim."""
        columns = [self.embed(each) for each in features]
        with torch.autocast(labels.device.type, enabled=False):
            return torch.stack([torch.nn.functional.mse_loss(vectors, labels.float()) for vectors in columns]).mean()


def _piece(features: Features, start: int, end: int) -> Features:
    return {name: value[start:end] if isinstance(value, torch.Tensor) else value for name, value in features.items()}
