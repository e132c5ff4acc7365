"""How much memory a step of a retriever takes, roughly; counted as in :mod:`pyserini_xqg.training.common.memory`."""

from __future__ import annotations

from typing import Any

from pyserini_xqg.training.common.memory import BYTES_PER_PARAMETER, MemoryEstimate
from pyserini_xqg.training.retriever.settings import RetrieverSettings


def estimate_memory(model: Any, settings: RetrieverSettings, negatives: int, processes: int = 1) -> MemoryEstimate:
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
    hidden, heads, layers = config.hidden_size, config.num_attention_heads, config.num_hidden_layers
    number = 2 if settings.precision == "bf16" else 4

    def text(tokens: int) -> int:
        whole = tokens * (34 * hidden + 5 * heads * tokens) * number // 2
        if settings.gradient_checkpointing:
            return int(layers * tokens * hidden * number + whole)
        return int(layers * whole)

    questions = -(-settings.batch_size // processes)
    passages = questions * (1 + negatives)
    query, passage = text(settings.query_max_length), text(settings.passage_max_length)
    if settings.mini_batch is not None:
        activations = max(min(questions, settings.mini_batch) * query, min(questions, settings.mini_batch) * passage)
    else:
        activations = questions * query + passages * passage
    return MemoryEstimate(BYTES_PER_PARAMETER * parameters, activations)
