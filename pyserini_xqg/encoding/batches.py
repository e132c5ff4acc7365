"""Batches of tokenized texts: sorted by length, cut by a budget of tokens, and filled into arrays all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Batch:
    """Tokenized texts of similar length; `rows` are their places among the texts that were given."""

    rows: npt.NDArray[np.intp]
    features: dict[str, Any]

    def part(self, part: slice) -> Batch:
        """Some of its texts."""
        features = {name: value if isinstance(value, int) else value[part] for name, value in self.features.items()}
        return Batch(self.rows[part], features)


class Tokenizer:
    """Token ids of texts; several threads may use one.

    Most tokenizers are a Rust one with a wrapper of Python around it. These are called without the wrapper, which asks
    for offsets that nobody needs and makes objects of every text: then the threads of the Rust one do the work, and
    Python's lock is free meanwhile.

    Parameters
    ----------
    tokenizer : transformers tokenizer
    """

    def __init__(self, tokenizer: Any):
        from transformers import PreTrainedTokenizerFast

        self._tokenizer = tokenizer
        kind = type(tokenizer)
        self._is_plain = isinstance(tokenizer, PreTrainedTokenizerFast) and all(
            getattr(kind, name) is getattr(PreTrainedTokenizerFast, name) for name in ("__call__", "_encode_plus")
        )
        # How texts are cut is a state of the tokenizer, and not the same for queries and passages.
        self._lock = Lock()

    def ids(self, firsts: Sequence[str], seconds: Sequence[str] | None, max_length: int) -> list[list[int]]:
        """The ids of each text, or of each pair of texts, special tokens included; at least one.

        Parameters
        ----------
        firsts : sequence of str
            At least one.
        seconds : sequence of str or None
            As many: what comes after the tokenizer's separator.
        max_length : int
            Where texts are cut, in tokens.
        """
        with self._lock:
            found = (self._plain if self._is_plain else self._wrapped)(firsts, seconds, max_length)
        # Some tokenizers make nothing of an empty text.
        return [row or [self._tokenizer.pad_token_id] for row in found]

    def _plain(self, firsts: Sequence[str], seconds: Sequence[str] | None, max_length: int) -> list[list[int]]:
        from transformers.tokenization_utils_base import TruncationStrategy
        from transformers.utils.generic import PaddingStrategy

        outer, inner = self._tokenizer, self._tokenizer.backend_tokenizer
        outer.set_truncation_and_padding(
            padding_strategy=PaddingStrategy.DO_NOT_PAD,
            truncation_strategy=TruncationStrategy.LONGEST_FIRST,
            max_length=max_length,
            stride=0,
            pad_to_multiple_of=None,
            padding_side=None,
        )
        if inner.encode_special_tokens != outer.split_special_tokens:
            inner.encode_special_tokens = outer.split_special_tokens
        texts = list(firsts) if seconds is None else list(zip(firsts, seconds, strict=True))
        return [encoding.ids for encoding in inner.encode_batch_fast(texts)]

    def _wrapped(self, firsts: Sequence[str], seconds: Sequence[str] | None, max_length: int) -> list[list[int]]:
        given = list(firsts), None if seconds is None else list(seconds)
        found = self._tokenizer(*given, truncation=True, max_length=max_length, return_token_type_ids=False)
        rows: list[list[int]] = found["input_ids"]
        return rows


def batches_of(
    ids: Sequence[Sequence[int]], budget: int, padding: int, pinned: bool = False, **features: int
) -> list[Batch]:
    """Batches of texts, the longest first.

    Parameters
    ----------
    ids : sequence of sequence of int
        The tokens of each text, at least one.
    budget : int
        Tokens a batch, padding included; a text that is longer than that is one by itself.
    padding : int
        The id of what texts are filled up with, on the right.
    pinned : bool
        Whether to lay them into memory that a GPU reads by itself, while the program goes on.
    **features : int
        Of every batch.
    """
    import torch

    lengths = np.fromiter(map(len, ids), np.int64, len(ids))
    order = np.argsort(-lengths, kind="stable")
    flat = np.fromiter(chain.from_iterable(ids[row] for row in order), np.int64, int(lengths.sum()))
    lengths = lengths[order]
    spans = _spans(lengths.tolist(), budget)
    size = sum((stop - start) * int(lengths[start]) for start, stop in spans)
    tokens = torch.full((size,), padding, dtype=torch.int64, pin_memory=pinned)
    mask = torch.zeros((size,), dtype=torch.int64, pin_memory=pinned)
    batches = []
    at = taken = 0
    for start, stop in spans:
        own, width = lengths[start:stop], int(lengths[start])
        shape, end = (stop - start, width), at + (stop - start) * width
        there = np.arange(width) < own[:, None]
        mask[at:end].view(shape).numpy()[...] = there
        count = int(own.sum())
        tokens[at:end].view(shape).numpy()[there] = flat[taken : taken + count]
        here = {"input_ids": tokens[at:end].view(shape), "attention_mask": mask[at:end].view(shape)}
        batches.append(Batch(order[start:stop], here | features))
        at, taken = end, taken + count
    return batches


def _spans(lengths: Sequence[int], budget: int) -> list[tuple[int, int]]:
    """Where batches start and end among texts whose lengths fall."""
    spans = []
    start = 0
    while start < len(lengths):
        stop = min(len(lengths), start + max(1, budget // lengths[start]))
        spans.append((start, stop))
        start = stop
    return spans
