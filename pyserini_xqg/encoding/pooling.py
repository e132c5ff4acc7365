"""Pooling that goes with a model: whether its first token has seen the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyserini_xqg.encoding.settings import Pooling

# Of the largest number of a vector: what two runs of the same arithmetic may differ by.
SAME = 1e-5


def reads_left_to_right(transformer: Any) -> bool:
    """Whether what the first token becomes does not depend on the last one, as in a causal language model.

    It is tried out, for configurations do not say it in one way.

    Parameters
    ----------
    transformer : sentence_transformers Transformer
    """
    ids = list(transformer.tokenizer("one two three")["input_ids"]) * 2
    other = next(token for token in (ids[0], *range(len(ids))) if token != ids[-1])
    (one, another) = (_first_token(transformer, tokens) for tokens in (ids, [*ids[:-1], other]))
    return bool((one - another).abs().max() <= SAME * one.abs().max())


def default_pooling(transformer: Any) -> Pooling:
    """CLS, as the paper's retriever has it; the last token for a model that reads from left to right."""
    return "last" if reads_left_to_right(transformer) else "cls"


def pools_first_token(modules: Sequence[Any]) -> bool:
    """Whether the vector is that of the first token alone."""
    return any(getattr(module, "pooling_mode", None) == "cls" for module in modules)


def _first_token(transformer: Any, ids: Sequence[int]) -> Any:
    import torch

    device = next(transformer.parameters()).device
    tokens = torch.tensor([list(ids)], device=device)
    with torch.inference_mode():
        return transformer({"input_ids": tokens, "attention_mask": torch.ones_like(tokens)})["token_embeddings"][
            0, 0
        ].float()
