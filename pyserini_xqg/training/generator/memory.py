"""Memory of a generator's step, estimated, and how to need less.

Counted as in :mod:`pyserini_xqg.training.common.memory`. With LoRA the weights that do not learn have no gradients and
no averages. The logits come on top: three times a number of float32 for each token of a question and each token of the
vocabulary, which with mT5's 250,000 are most of what a piece of the batch takes.
"""

from __future__ import annotations

from typing import Any

from pyserini_xqg.training.common.memory import BYTES_PER_PARAMETER, MemoryEstimate, activation_bytes
from pyserini_xqg.training.generator.settings import GeneratorSettings

# What stands around the passage in the prompt of a language model, in tokens, about.
PROMPT_TOKENS = 32


def estimate_generator_memory(model: Any, settings: GeneratorSettings, processes: int = 1) -> MemoryEstimate:
    """An estimate from the model's form; the truth can well be a third away.

    Parameters
    ----------
    model : PreTrainedModel or PeftModel
    settings : GeneratorSettings
    processes : int
        That share the batch.
    """
    weights = 0
    for parameter in model.parameters():
        weights += parameter.numel() * (BYTES_PER_PARAMETER if parameter.requires_grad else parameter.element_size())
    config = model.config.get_text_config()
    layers = config.num_hidden_layers
    if model.config.is_encoder_decoder:
        decoder = getattr(config, "num_decoder_layers", None) or getattr(config, "decoder_layers", None)
        text = activation_bytes(config, settings, layers, settings.input_length)
        # A layer of the decoder has a second attention.
        text += activation_bytes(config, settings, decoder or layers, settings.output_length, 1.5)
    else:
        tokens = settings.input_length + settings.output_length + PROMPT_TOKENS
        text = activation_bytes(config, settings, layers, tokens)
    logits = 3 * 4 * settings.output_length * config.vocab_size
    pairs = min(settings.mini_batch or settings.batch_size, -(-settings.batch_size // processes))
    return MemoryEstimate(weights, int(pairs * (text + logits)))


def generator_advice(settings: GeneratorSettings) -> str:
    """What to change, the gentlest first: what does not change the result, then precision, then the model."""
    size = min(settings.mini_batch or settings.batch_size, settings.batch_size)
    if size > 1:
        return f"Give --mini-batch {size // 2} instead of {size} (the same batch, in smaller pieces)"
    if not settings.gradient_checkpointing:
        return "Give --gradient-checkpointing"
    if settings.precision == "fp32":
        return "Give --precision bf16 (a new run: the weights will be others)"
    if not settings.lora_rank:
        return "Give --lora-rank 16, which trains few weights (a new run)"
    return "Give a smaller --input-length or a smaller base model (a new run)"
