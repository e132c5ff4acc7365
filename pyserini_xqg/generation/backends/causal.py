"""Causal language models as query generators: an instruction model, or a base model with worked examples."""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (  # type: ignore[attr-defined, unused-ignore]
    DynamicCache,
    GenerationConfig,
    LogitsProcessorList,
    StoppingCriteriaList,
)

from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.loading import choose_device, fingerprint
from pyserini_xqg.encoding.memory import MemoryLimit
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends._sampling import TopKSampler
from pyserini_xqg.generation.backends.base import Generator, Progress, derived_seed
from pyserini_xqg.generation.backends.loading import open_model, open_tokenizer
from pyserini_xqg.generation.backends.logits import last_logits
from pyserini_xqg.generation.backends.stopping import EndOfLine
from pyserini_xqg.generation.prompts import instructions as prompts
from pyserini_xqg.generation.prompts.answers import questions_in
from pyserini_xqg.generation.prompts.causal import CausalPrompt, trained_prompt
from pyserini_xqg.generation.special_tokens import special_tokens_of

# Tokens in memory at once, those to be written included: sequences times their length. Models that keep much of each
# token have fewer, so that what they keep stays below the second number, in bytes.
TOKENS_PER_BATCH = {"cpu": 32768, "cuda": 131072, "mps": 16384}
KEPT_BYTES = {"cpu": 2 << 30, "cuda": 16 << 30, "mps": 2 << 30}
# Fewer tokens of a passage than these are no passage.
LEAST_PASSAGE = 32

Form = Literal["auto", "list", "samples"]

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True, slots=True)
class _Prompt:
    """What the model reads for one passage, and the seeds of the answers it is to give."""

    row: int
    ids: list[int]
    seeds: list[int]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the model wrote, and whether its room was used up in the middle of a list."""

    text: str
    cut: bool = False


class CausalGenerator(Generator):
    """Asks a decoder-only model of transformers.

    Parameters
    ----------
    model : str or Path
        A folder or an id of the Hugging Face hub. Code that a model brings is never run.
    revision : str or None
        Of a model of the hub.
    form : {"auto", "list", "samples"}
        list: one answer with all questions of a passage; samples: an answer for each, drawn independently; auto: list
        where the model has a chat template, else samples. A model of ``xqg train generator`` is asked for samples.
    instruction : str or None
        A prompt of one's own, see :func:`pyserini_xqg.generation.prompts.instructions.messages`; for a model without a
        chat template the text above the worked examples. A model of ``xqg train generator`` brings the one it was
        trained with, and needs no examples.
    top_k : int
        Each token is drawn from so many; with 1 it is the likeliest, and no seed counts.
    temperature : float
    input_length : int
        The most tokens of a passage; the instruction and the examples come on top.
    output_length : int
        The most tokens of a question.
    dtype : {"float32", "bfloat16", "float16"}
    device : str or None
        A torch device; None takes cuda, mps or cpu, the first there is.

    Raises
    ------
    MissingInput
        The model or its tokenizer cannot be loaded.
    MissingPrerequisite
        The device is not there.
    UsageError
        Settings that cannot be, or a list is asked of a model without a chat template.
    """

    languages: frozenset[str] | None = None
    samples: bool
    least_script = 0.5

    def __init__(
        self,
        model: str | Path,
        *,
        revision: str | None = None,
        form: Form = "auto",
        instruction: str | None = None,
        top_k: int = 50,
        temperature: float = 0.8,
        input_length: int = 512,
        output_length: int = 48,
        dtype: Literal["float32", "bfloat16", "float16"] = "float32",
        device: str | None = None,
    ):
        if min(top_k, input_length, output_length) < 1 or not temperature > 0:
            raise UsageError(
                f"top_k {top_k}, temperature {temperature}, input_length {input_length}, output_length "
                f"{output_length}: all have to be above 0"
            )
        model = str(model)
        self._device = choose_device(device)
        self._model, self._tokenizer = _open(model, revision, dtype)
        self._model.to(self._device).eval()
        # A model that was trained to write one question knows nothing of lists.
        trained = None if form == "list" else trained_prompt(model, revision)
        self._prompts = CausalPrompt(self._tokenizer, instruction, trained)
        self._chat = self._prompts.chat
        if form == "list" and not self._chat:
            raise UsageError(f"model {model} has no chat template and cannot be asked for a list; use the form samples")
        self._list = form == "list" or (form == "auto" and self._chat and trained is None)
        config = self._model.config.get_text_config()
        self.special_tokens = special_tokens_of(self._tokenizer)
        self._limit: int = min(
            self._tokenizer.model_max_length, getattr(config, "max_position_embeddings", None) or sys.maxsize
        )
        self._name = model
        self._last_logits = last_logits(inspect.signature(self._model.forward).parameters, 1, self._device)
        self._top_k, self._temperature = min(top_k, config.vocab_size), temperature
        self.samples = top_k > 1
        self._input_length, self._output_length = input_length, output_length
        kind = self._device.split(":")[0] if self._device.split(":")[0] in TOKENS_PER_BATCH else "cpu"
        kept = _kept_numbers(config) * self._model.dtype.itemsize
        self._budget = min(TOKENS_PER_BATCH[kind], KEPT_BYTES[kind] // kept)
        self._memory = MemoryLimit()
        self.reproducible = dtype == "float32"
        self.settings: dict[str, Any] = {
            "generator": "causal",
            "model": model,
            "revision": revision or getattr(self._model.config, "_commit_hash", None),
            "fingerprint": fingerprint(model),
            "form": "list" if self._list else "samples",
            "prompt": self._prompts.identity,
            "top_k": top_k,
            "temperature": temperature,
            "input_length": input_length,
            "output_length": output_length,
            "dtype": dtype,
        }
        log.info("writing queries with %s on %s (%s)", model, self._device, dtype)

    def generate(
        self, passages: Sequence[Passage], language: str, n: int, seed: int, progress: Progress
    ) -> list[list[str]]:
        """See :class:`pyserini_xqg.generation.Generator`.

        Raises
        ------
        UsageError
            The model has no room for the prompt, a passage and the answer.
        XqgError
            Out of memory on a single passage.
        """
        asked, answers = (n, 1) if self._list else (1, n)
        output = asked * self._output_length
        room = self._room(language, asked, output)
        todo = [
            _Prompt(
                row,
                self._ids(self._prompt(self._prompts.cut(prompts.passage_in_prompt(passage), room), language, asked)),
                [derived_seed(seed, passage.id, number) for number in range(answers)],
            )
            for row, passage in enumerate(passages)
        ]
        todo.sort(key=lambda prompt: -len(prompt.ids))
        queries: list[list[str]] = [[] for _ in passages]
        while todo:
            size = max(1, self._budget // ((len(todo[0].ids) + output) * answers))
            batch, todo = todo[:size], todo[size:]
            for prompt, written in zip(batch, self._answers(batch, output), strict=True):
                queries[prompt.row] = [query for answer in written for query in self._read(answer, language, asked)]
            progress(len(batch))
        return queries

    def _prompt(self, passage: str, language: str, n: int) -> str:
        return self._prompts.text(passage, language, n)

    def _ids(self, prompt: str) -> list[int]:
        return self._prompts.ids(prompt)

    def _room(self, language: str, asked: int, output: int) -> int:
        """How many tokens a passage may have."""
        around = len(self._ids(self._prompt("", language, asked)))
        # Tokens at the seams can come out otherwise than counted.
        room = min(self._input_length, self._limit - output - around - 4)
        if room < min(self._input_length, LEAST_PASSAGE):
            raise UsageError(
                f"the model {self._name} takes at most {self._limit} tokens; the prompt for {language_name(language)} "
                f"has {around} without the passage, and {output} are asked for: too little is left for a passage. Ask "
                "for fewer queries or a shorter output_length, or give a shorter instruction"
            )
        return room

    def _answers(self, batch: list[_Prompt], output: int) -> list[list[_Answer]]:
        pieces = self._memory.run(
            lambda part: self._write(batch[part], output),
            len(batch),
            (len(batch[0].ids) + output) * len(batch[0].seeds),
            lambda row: (
                f"out of memory on one passage with a prompt of {len(batch[row].ids)} tokens and "
                f"{len(batch[row].seeds)} answers; give a smaller input_length, fewer queries, bfloat16 or another "
                "device"
            ),
        )
        return [answers for piece in pieces for answers in piece]

    @torch.inference_mode()
    def _write(self, batch: list[_Prompt], output: int) -> list[list[_Answer]]:
        answers = len(batch[0].seeds)
        length = max(len(prompt.ids) for prompt in batch)
        pad = self._model.generation_config.pad_token_id
        ids = torch.tensor([[pad] * (length - len(prompt.ids)) + prompt.ids for prompt in batch], device=self._device)
        mask = torch.tensor(
            [[0] * (length - len(prompt.ids)) + [1] * len(prompt.ids) for prompt in batch], device=self._device
        )
        kept: dict[str, Any] = {}
        if answers > 1:
            # The prompt is read once for all its answers: all but its last token, which writing begins with.
            read = self._model.generate(
                ids[:, :-1],
                attention_mask=mask[:, :-1],
                max_new_tokens=1,
                return_dict_in_generate=True,
                **self._last_logits,
            )
            if isinstance(read.past_key_values, DynamicCache):
                read.past_key_values.batch_repeat_interleave(answers)
                kept["past_key_values"] = read.past_key_values
        seeds = [seed for prompt in batch for seed in prompt.seeds]
        written = self._model.generate(
            ids.repeat_interleave(answers, dim=0),
            attention_mask=mask.repeat_interleave(answers, dim=0),
            max_new_tokens=output,
            logits_processor=LogitsProcessorList(
                [TopKSampler(seeds, output, self._top_k, self._temperature)] if self.samples else []
            ),
            stopping_criteria=StoppingCriteriaList([] if self._chat else [EndOfLine(self._tokenizer)]),
            **kept,
            **self._last_logits,
        )[:, length:].tolist()
        texts = [self._decode(tokens, output) for tokens in written]
        return [texts[start : start + answers] for start in range(0, len(texts), answers)]

    def _decode(self, tokens: list[int], output: int) -> _Answer:
        ends = [place for place, token in enumerate(tokens) if token in self._model.generation_config.eos_token_id]
        # The marks of thoughts are special tokens of some chat models.
        text = self._tokenizer.decode(tokens[: ends[0]] if ends else tokens, skip_special_tokens=not self._chat)
        return _Answer(str(text), cut=self._list and not ends and len(tokens) == output)

    def _read(self, answer: _Answer, language: str, asked: int) -> list[str]:
        if self._chat:
            return questions_in(answer.text, asked, answer.cut)
        questions = questions_in(answer.text.split("\n")[0], asked)
        # Small models write the examples' questions again.
        return [question for question in questions if not prompts.is_example(question, language)]


def _kept_numbers(config: Any) -> int:
    """How many numbers a model keeps of each token: its keys and values in every layer."""
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * size)


def _open(name: str, revision: str | None, dtype: str) -> tuple[Any, Any]:
    """The model, set to decode as it is told here, and its tokenizer."""
    tokenizer = open_tokenizer(name, revision, "causal language")
    model = open_model(name, revision, dtype, "causal language")
    ends = model.generation_config.eos_token_id
    ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}
    pad = tokenizer.pad_token_id
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call, unused-ignore]
        do_sample=False, eos_token_id=sorted(ends), pad_token_id=pad if pad is not None else min(ends, default=0)
    )
    return model, tokenizer
