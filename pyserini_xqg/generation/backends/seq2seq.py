"""Sequence-to-sequence models as query generators, by transformers."""

from __future__ import annotations

from typing import Any

from pyserini_xqg.encoding.loading import choose_device
from pyserini_xqg.generation.backends._prompted import PromptedGenerator
from pyserini_xqg.generation.backends._sampling import TopKSampler
from pyserini_xqg.generation.backends.loading import open_model


class Seq2SeqGenerator(PromptedGenerator):
    """The generator of the xQG paper, and any other model of ``transformers.AutoModelForSeq2SeqLM``.

    A passage goes through the encoder once for all its queries. What is drawn depends on the seed and the passage's
    id: the same queries in every batch, as far as rounding goes, which can only decide between tokens that come out
    as good as equal.

    The parameters are those of :class:`pyserini_xqg.generation.backends._prompted.PromptedGenerator`; `dtype` is
    float32 or bfloat16.
    """

    name = "seq2seq"
    dtypes = ("float32", "bfloat16")

    def _open(self, device: str | None) -> str:
        # In bfloat16 tokens often come out equal, and rounding differs with the size of the batch.
        self.reproducible = self._dtype == "float32"
        chosen = choose_device(device)
        self._model: Any = open_model(self._model_name, self._revision, self._dtype, "sequence-to-sequence").to(chosen)
        return chosen

    def _write(self, prompts: list[list[int]], seeds: list[list[int]], first: int | None) -> list[list[list[int]]]:
        import torch

        n = len(seeds[0])
        options: dict[str, Any] = {} if first is None else {"forced_bos_token_id": first}
        if not self._greedy:
            streams = [seed for row in seeds for seed in row]
            options["logits_processor"] = [TopKSampler(streams, self._output_length, self._top_k, self._temperature)]
        inputs = self._tokenizer.pad({"input_ids": prompts}, return_tensors="pt").to(self.device)
        mask = inputs["attention_mask"]
        with torch.inference_mode():
            encoded = self._model.get_encoder()(input_ids=inputs["input_ids"], attention_mask=mask)
            encoded["last_hidden_state"] = encoded["last_hidden_state"].repeat_interleave(n, dim=0)
            tokens = self._model.generate(
                encoder_outputs=encoded,
                attention_mask=mask.repeat_interleave(n, dim=0),
                max_new_tokens=self._output_length,
                # The sampler leaves one token. Taking the largest is all that is left to do; to have torch draw from
                # 250,000 probabilities of which one is 1 took as long as the model itself, on a CPU.
                do_sample=False,
                **options,
            )
        rows: list[list[int]] = tokens[:, 1:].tolist()
        return [rows[start : start + n] for start in range(0, len(rows), n)]
