"""Stopping criteria: when a model has written what it was asked for."""

from __future__ import annotations

from typing import Any

import torch
from transformers import StoppingCriteria


class EndOfLine(StoppingCriteria):
    """Ends each sequence with its first line.

    Parameters
    ----------
    tokenizer : PreTrainedTokenizerBase
    passes_blank_from : int or None
        The column where writing begins: blank lines there are passed over. None: they end the sequence too.
    """

    def __init__(self, tokenizer: Any, passes_blank_from: int | None = None):
        self._tokenizer = tokenizer
        self._start = passes_blank_from

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **_: Any) -> torch.BoolTensor:
        """Of shape (sequences,): which have ended, by the last token of each."""
        if self._start is None:
            texts = [self._tokenizer.decode(token) for token in input_ids[:, -1:].tolist()]
        else:
            written = self._tokenizer.batch_decode(input_ids[:, self._start :], skip_special_tokens=True)
            texts = [text.lstrip() for text in written]
        return torch.tensor(["\n" in text for text in texts], device=input_ids.device)  # type: ignore[return-value]
