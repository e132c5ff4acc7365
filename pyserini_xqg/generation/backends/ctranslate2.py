"""Sequence-to-sequence models as query generators, by CTranslate2: several times as fast on a CPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import MissingPrerequisite, UsageError
from pyserini_xqg.generation.backends._ct2_model import converted_model, import_ctranslate2
from pyserini_xqg.generation.backends._prompted import PromptedGenerator
from pyserini_xqg.generation.backends.base import Progress, derived_seed


class CTranslate2Generator(PromptedGenerator):
    """A T5, mT5 or other sequence-to-sequence model that CTranslate2 knows, converted on first use.

    The parameters are those of :class:`pyserini_xqg.generation.backends._prompted.PromptedGenerator`; `dtype` is int8,
    float32 or bfloat16, as far as the device has it. Greedy decoding in float32 writes what transformers writes.

    CTranslate2 draws the tokens of a whole batch from one stream, and takes a seed only when its thread starts. The
    model is therefore loaded anew for every call of :meth:`generate` that samples, with a seed from `seed` and the ids
    of all passages: on a CPU the same call writes the same queries, but a passage among others does not get those that
    it gets alone. On a GPU the streams are others, and nothing is promised.

    Raises
    ------
    MissingPrerequisite
        CTranslate2 is not installed, or the device is not there.
    """

    name = "ctranslate2"
    dtypes = ("int8", "float32", "bfloat16")
    _translator: Any
    _has_drawn: bool

    def generate(
        self, passages: Sequence[Passage], language: str, n: int, seed: int, progress: Progress
    ) -> list[list[str]]:
        """Write queries, see :class:`pyserini_xqg.generation.Generator`."""
        if self.samples:
            # Below 2**32 - 1, which stands for "no seed".
            self._ct2.set_random_seed(derived_seed(seed, *(passage.id for passage in passages)) % (2**32 - 1))
            if self._has_drawn:
                self._translator = None  # before the next one takes its memory
                self._translator = self._translate()
            self._has_drawn = True
        return super().generate(passages, language, n, seed, progress)

    def _open(self, device: str | None) -> str:
        self._ct2 = import_ctranslate2()
        self._has_drawn = False
        chosen = device or ("cuda" if self._ct2.get_cuda_device_count() else "cpu")
        kind, _, index = chosen.partition(":")
        self.reproducible = kind == "cpu"
        self._place = {"device": kind, "device_index": int(index or 0)}
        try:
            supported = self._ct2.get_supported_compute_types(**self._place)
        except (ValueError, RuntimeError) as error:
            raise MissingPrerequisite(f"device {chosen!r} is not to be had here with CTranslate2 ({error})") from error
        if self._dtype not in supported:
            raise UsageError(
                f"dtype {self._dtype!r} cannot be had on {chosen}; it has "
                f"{', '.join(dtype for dtype in self.dtypes if dtype in supported)}"
            )
        fingerprint = self.settings["fingerprint"]
        self._folder = converted_model(self._model_name, self._revision, fingerprint, self._dtype, self._tokenizer)
        self._translator = self._translate()
        return chosen

    def _translate(self) -> Any:
        import torch

        return self._ct2.Translator(
            str(self._folder),
            **self._place,
            compute_type=self._dtype,
            inter_threads=1,
            # Its own default is 4 at most.
            intra_threads=torch.get_num_threads(),
        )

    def _write(self, prompts: list[list[int]], seeds: list[list[int]], first: int | None) -> list[list[list[int]]]:
        results = self._translator.translate_batch(
            [self._tokenizer.convert_ids_to_tokens(row) for row in prompts],
            target_prefix=None if first is None else [[self._tokenizer.convert_ids_to_tokens(first)]] * len(prompts),
            beam_size=1,
            num_hypotheses=len(seeds[0]),
            sampling_topk=1 if self._greedy else self._top_k,
            sampling_temperature=1 if self._greedy else self._temperature,
            max_input_length=0,
            max_decoding_length=self._output_length,
        )
        return [[self._tokenizer.convert_tokens_to_ids(query) for query in result.hypotheses] for result in results]
