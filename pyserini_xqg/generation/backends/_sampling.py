"""Top-k sampling: each sequence draws by noise of its own, so that none depends on its batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from transformers import LogitsProcessor


class TopKSampler(LogitsProcessor):
    """Top-k sampling by the Gumbel-max trick.

    The token with the largest ``logit / temperature + noise``, noise from the standard Gumbel distribution, is a draw
    from the softmax of ``logit / temperature`` (Gumbel 1954; Yellott 1977). torch's own sampling takes all rows of a
    batch from one stream: another batch size, other queries. Here every row has its stream. To be used for one
    batch; it leaves one token possible, which ``do_sample=False`` finds.

    Parameters
    ----------
    seeds : sequence of int
        One for each sequence, in the order of the rows of the scores.
    steps : int
        The most tokens that will be drawn.
    top_k : int
        How many of the likeliest tokens can be drawn.
    temperature : float
    """

    def __init__(self, seeds: Sequence[int], steps: int, top_k: int, temperature: float = 1.0):
        noise = np.stack([np.random.Generator(np.random.PCG64(seed)).gumbel(size=(steps, top_k)) for seed in seeds])
        self._noise = torch.from_numpy(noise.astype(np.float32))
        self._temperature = temperature
        self._step = 0

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Scores of shape (sequences, tokens) with all but the drawn token at minus infinity."""
        likeliest = scores.float().topk(self._noise.shape[2], dim=-1)
        noise = self._noise[:, self._step].to(scores.device)
        self._step += 1
        drawn = (likeliest.values / self._temperature + noise).argmax(dim=-1, keepdim=True)
        alone = torch.full_like(scores, -torch.inf)
        return alone.scatter_(1, likeliest.indices.gather(1, drawn), 0.0)  # type: ignore[return-value]
