"""Memory of a retriever's step, estimated as in :mod:`pyserini_xqg.training.common.memory`, and how to need less."""

from __future__ import annotations

from typing import Any

from pyserini_xqg.training.common.memory import BYTES_PER_PARAMETER, MemoryEstimate, activation_bytes
from pyserini_xqg.training.retriever.settings import RetrieverSettings


def estimate_retriever_memory(
    model: Any, settings: RetrieverSettings, negatives: int, processes: int = 1
) -> MemoryEstimate:
    """An estimate from the model's form; the truth can well be a third away.

    Parameters
    ----------
    model : SentenceTransformer
    settings : RetrieverSettings
    negatives : int
        That a question really gets.
    processes : int
        That share the batch.
    """
    parameters = sum(parameter.numel() for parameter in model.parameters())
    config = model[0].config

    def text(tokens: int) -> int:
        return int(activation_bytes(config, settings, config.num_hidden_layers, tokens))

    questions = -(-settings.batch_size // processes)
    passages = questions * (1 + negatives)
    query, passage = text(settings.query_max_length), text(settings.passage_max_length)
    if settings.mini_batch is not None:
        activations = max(min(questions, settings.mini_batch) * query, min(questions, settings.mini_batch) * passage)
    else:
        activations = questions * query + passages * passage
    return MemoryEstimate(BYTES_PER_PARAMETER * parameters, activations)


def retriever_advice(settings: RetrieverSettings) -> str:
    """What to change, the gentlest first: what does not change the result, then precision, then the batch."""
    if settings.mini_batch is None:
        return f"Give --mini-batch {max(1, settings.batch_size // 8)} (gradient caching, the same batch in pieces)"
    if settings.mini_batch > 1:
        return f"Give a smaller --mini-batch, {max(1, settings.mini_batch // 2)} instead of {settings.mini_batch}"
    if not settings.gradient_checkpointing:
        return "Give --gradient-checkpointing"
    if settings.precision == "fp32":
        return "Give --precision bf16 (a new run: the weights will be others)"
    return "Give a smaller --passage-max-length or a smaller base model (a new run: the weights will be others)"
