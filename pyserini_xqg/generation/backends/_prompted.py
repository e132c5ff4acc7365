"""Sequence-to-sequence generation with a prompt: what its back ends have in common."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.loading import fingerprint
from pyserini_xqg.encoding.memory import MemoryLimit
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.base import Generator, Progress, derived_seed
from pyserini_xqg.generation.backends.loading import open_config, open_tokenizer
from pyserini_xqg.generation.prompts.causal import trained_prompt
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT, PromptTokenizer, check_prompt
from pyserini_xqg.generation.prompts.translation import TRANSLATION_PROMPT, Translation, translation_of
from pyserini_xqg.generation.special_tokens import special_tokens_of

PAPER_MODEL = "ielabgroup/xor-tydi-docTquery-mt5-base"
PAPER_INPUT_LENGTH, PAPER_OUTPUT_LENGTH, PAPER_TOP_K = 256, 32, 10
# Tokens of a translation, which is as long as the text: nearly all sentences fit.
TRANSLATION_OUTPUT_LENGTH = 128

# Tokens that go through the model at once: each passage's prompt, and the room for its queries. Decoding reads all
# weights for every token, so that more queries at once cost little; the logits (250,000 a query with mT5) limit them.
TOKENS_PER_BATCH = {"cpu": 8192, "cuda": 32768, "mps": 8192}

log = logging.getLogger("pyserini_xqg")


class PromptedGenerator(Generator, ABC):
    """A sequence-to-sequence model that is given a prompt with the passage; see the two that derive from it.

    Translation models (NLLB, M2M-100, mBART-50, OPUS-MT, MADLAD-400) are told the languages in their own way, see
    :mod:`pyserini_xqg.generation.prompts.translation`, and write what their passage says.

    Parameters
    ----------
    model : str or Path
        A folder or Hugging Face id.
    revision : str or None
        Branch, tag or commit of a model of the hub.
    prompt : str or None
        With the fields ``{language}`` (its English name), ``{title}`` and ``{passage}``. None: what a model of ``xqg
        train generator`` was trained with, for a translation model the text alone, else the paper's.
    passage_language : str or None
        Of a translation model that has to be told; None: English.
    top_k : int
        Every token is drawn from so many of the likeliest.
    temperature : float
        Logits are divided by it before a token is drawn.
    input_length : int
        In tokens; over-long passages lose their end.
    output_length : int or None
        The most tokens of a query; None: 32, of a translation 128.
    dtype : str
        Of the weights and the computation; see `dtypes`.
    greedy : bool or None
        The likeliest token always: one query a passage, and no seed. None: for translation models.
    device : str or None
        None takes the best there is.

    Raises
    ------
    MissingInput
        The model or its tokenizer cannot be loaded.
    MissingPrerequisite
        The device is not there.
    UsageError
        An argument that cannot be.
    InvalidInput
        An unknown language of the passages.
    """

    name: ClassVar[str]
    dtypes: ClassVar[tuple[str, ...]]
    settings: Mapping[str, Any]
    languages: frozenset[str] | None = None
    samples: bool
    reproducible: bool
    least_script = 0.5

    def __init__(
        self,
        *,
        model: str | Path = PAPER_MODEL,
        revision: str | None = None,
        prompt: str | None = None,
        passage_language: str | None = None,
        top_k: int = PAPER_TOP_K,
        temperature: float = 1.0,
        input_length: int = PAPER_INPUT_LENGTH,
        output_length: int | None = None,
        dtype: str = "float32",
        greedy: bool | None = None,
        device: str | None = None,
    ):
        model = str(model)
        if prompt is not None:
            check_prompt(prompt)
        for option, value in (("top_k", top_k), ("input_length", input_length), ("output_length", output_length)):
            if value is not None and value < 1:
                raise UsageError(f"{option} is {value}: at least 1 is expected")
        if not temperature > 0:
            raise UsageError(f"temperature is {temperature}: a number above 0 is expected (greedy takes the likeliest)")
        config = open_config(model, revision, "sequence-to-sequence")
        self._check_dtype(dtype, config.model_type)
        if top_k > config.vocab_size:
            raise UsageError(f"top_k is {top_k}; the model {model} has {config.vocab_size} tokens")
        limit = getattr(config, "max_position_embeddings", None)
        for length in (input_length, output_length):
            if limit is not None and length is not None and length > limit:
                raise UsageError(f"a length of {length} tokens was asked for; the model {model} takes at most {limit}")
        self._tokenizer = open_tokenizer(model, revision, "sequence-to-sequence")
        passage_language = canonical_code(passage_language or "en")
        # A translation model that was trained here has learned to ask.
        trained = trained_prompt(model, revision)
        translation = translation_of(self._tokenizer, config.model_type, passage_language) if trained is None else None
        prompt = prompt or trained or (PAPER_PROMPT if translation is None else TRANSLATION_PROMPT)
        output_length = output_length or (PAPER_OUTPUT_LENGTH if translation is None else TRANSLATION_OUTPUT_LENGTH)
        greedy = translation is not None if greedy is None else greedy
        self._translation = translation or Translation()
        self.languages = self._translation.languages
        # The prompt stands in front and has to stay.
        self._tokenizer.truncation_side = "right"
        self._prompts = PromptTokenizer(self._tokenizer, prompt, input_length, self._translation.fronts)
        self._model_name, self._revision = model, getattr(config, "_commit_hash", None) or revision
        self._top_k, self._temperature, self._output_length = top_k, temperature, output_length
        self._dtype, self._greedy = dtype, greedy
        self.samples = not greedy
        self.special_tokens = special_tokens_of(self._tokenizer)
        self._memory = MemoryLimit()
        self.settings = {
            "generator": self.name,
            "model": model,
            "revision": self._revision,
            "fingerprint": fingerprint(model),
            "prompt": prompt,
            "top_k": top_k,
            "temperature": temperature,
            "input_length": input_length,
            "output_length": output_length,
            "dtype": dtype,
            "greedy": greedy,
        }
        if self._translation.first:
            self.settings = {**self.settings, "passage_language": passage_language}
        self.device = self._open(device)
        log.info("generating with %s on %s (%s, %s)", model, self.device, self.name, dtype)

    def generate(
        self, passages: Sequence[Passage], language: str, n: int, seed: int, progress: Progress
    ) -> list[list[str]]:
        """Write queries, see :class:`pyserini_xqg.generation.Generator`."""
        prompts = self._prompts(passages, language)
        texts: list[list[str]] = [[] for _ in passages]
        budget = TOKENS_PER_BATCH.get(self.device.split(":")[0], TOKENS_PER_BATCH["cpu"])
        n = 1 if self._greedy else n
        first = self._translation.first.get(language)
        order = sorted(range(len(prompts)), key=lambda row: -len(prompts[row]))
        size = len(self._tokenizer)
        start = 0
        while start < len(order):
            most = max(1, budget // (len(prompts[order[start]]) + n * self._output_length))
            rows = order[start : start + most]
            seeds = [[derived_seed(seed, passages[row].id, sample) for sample in range(n)] for row in rows]
            written = self._in_pieces([prompts[row] for row in rows], seeds, first)
            for row, queries in zip(rows, written, strict=True):
                # Models have more logits than their tokenizers have tokens.
                known = [[token for token in query if token < size and token != first] for query in queries]
                texts[row] = self._tokenizer.batch_decode(known, skip_special_tokens=True)
            start += len(rows)
            progress(len(rows))
        return texts

    @abstractmethod
    def _open(self, device: str | None) -> str:
        """Load the model, and say on which device."""

    @abstractmethod
    def _write(self, prompts: list[list[int]], seeds: list[list[int]], first: int | None) -> list[list[list[int]]]:
        """The tokens of one query for every seed of every prompt, each beginning with `first` unless that is None."""

    def _check_dtype(self, dtype: str, model_type: str) -> None:
        if dtype == "float16" and "t5" in model_type:
            raise UsageError(
                f"float16 with a model of the type {model_type}: its activations are above the largest number of "
                f"float16 (65,504) and all queries would be nonsense; take {' or '.join(self.dtypes)}"
            )
        if dtype not in self.dtypes:
            raise UsageError(f"dtype is {dtype!r}: one of {', '.join(self.dtypes)} is expected")

    def _in_pieces(self, prompts: list[list[int]], seeds: list[list[int]], first: int | None) -> list[list[list[int]]]:
        pieces = self._memory.run(
            lambda part: self._write(prompts[part], seeds[part], first),
            len(prompts),
            len(prompts[0]) + len(seeds[0]) * self._output_length,
            lambda row: (
                f"out of memory on {len(seeds[row])} queries for one passage of {len(prompts[row])} tokens; ask for "
                "fewer queries at a time, a shorter input, a smaller dtype or model, or another device"
            ),
        )
        return [queries for piece in pieces for queries in piece]
