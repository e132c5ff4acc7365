"""Query likelihood: log P(question | passage) by a query generator.

It is the sum of the log-probabilities of the question's tokens, in nats, after the prompt that the same generator gets
from ``xqg generate`` (a sequence-to-sequence model's end of text is one of the tokens; a language model's end differs
with its form and is not). It is not divided by the number of tokens: for one question, whose candidates are compared,
that would be another temperature and nothing else.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.encoding.memory import MemoryLimit
from pyserini_xqg.generation.backends.causal import CausalGenerator
from pyserini_xqg.generation.backends.loading import open_config
from pyserini_xqg.generation.backends.logits import last_logits
from pyserini_xqg.generation.backends.seq2seq import Seq2SeqGenerator
from pyserini_xqg.generation.prompts import instructions as prompts
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT

# At once: tokens that the model reads, and numbers it gives for the tokens of questions (4 bytes each, three copies).
TOKENS_PER_BATCH = {"cpu": 8192, "cuda": 65536, "mps": 8192}
LOGITS_PER_BATCH = {"cpu": 2**26, "cuda": 2**29, "mps": 2**26}

LogLikelihoods = npt.NDArray[np.float32]

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True, slots=True)
class QuestionPassage:
    """A question and a passage that may answer it."""

    question: str
    language: str
    passage: Passage


class QueryLikelihood(Protocol):
    """A generator that scores; `settings` is all that decides on its scores."""

    settings: Any

    def score(self, pairs: Sequence[QuestionPassage]) -> LogLikelihoods:
        """What log P(question | passage) is for each pair."""
        ...


def open_query_likelihood(
    model: str,
    *,
    revision: str | None = None,
    prompt: str | None = None,
    input_length: int = 256,
    query_length: int = 64,
    dtype: Literal["float32", "bfloat16"] = "float32",
    device: str | None = None,
) -> QueryLikelihood:
    """A generator, to score with.

    Parameters
    ----------
    model : str
        A folder or Hugging Face id of a sequence-to-sequence or causal language model.
    revision : str or None
        Branch, tag or commit of a model of the hub.
    prompt : str or None
        Of a sequence-to-sequence model the template, of a language model the instruction; None: the usual one.
    input_length, query_length : int
        In tokens; what is longer loses its end.
    dtype : {"float32", "bfloat16"}
    device : str or None
        None takes the best there is.

    Raises
    ------
    MissingInput, MissingPrerequisite, UsageError
        As the generators.
    """
    common: dict[str, Any] = {
        "revision": revision,
        "input_length": input_length,
        "output_length": query_length,
        "dtype": dtype,
        "device": device,
    }
    if open_config(model, revision).is_encoder_decoder:
        return Seq2SeqLikelihood(model=model, prompt=prompt or PAPER_PROMPT, **common)
    return CausalLikelihood(model, instruction=prompt, **common)


class Seq2SeqLikelihood(Seq2SeqGenerator):
    """Scores with a sequence-to-sequence model; the parameters are those of the generator."""

    def score(self, pairs: Sequence[QuestionPassage]) -> LogLikelihoods:
        """See :class:`QueryLikelihood`."""
        sources: list[list[int]] = [self._prompts([pair.passage], pair.language)[0] for pair in pairs]
        targets: list[list[int]] = self._tokenizer(
            text_target=[composed(pair.question) for pair in pairs], truncation=True, max_length=self._output_length
        )["input_ids"]
        vocabulary = self._model.config.get_text_config().vocab_size
        return _in_batches(sources, targets, self._log_probabilities, self.device, vocabulary, self._memory)

    def _log_probabilities(self, sources: list[list[int]], targets: list[list[int]]) -> torch.Tensor:
        inputs = self._tokenizer.pad({"input_ids": sources}, return_tensors="pt").to(self.device)
        wanted, is_token = _padded(targets, "right", self.device)
        logits = self._model(
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            decoder_input_ids=self._model.prepare_decoder_input_ids_from_labels(labels=wanted),
            use_cache=False,
        ).logits
        return _summed(logits, wanted, is_token)


class CausalLikelihood(CausalGenerator):
    """Scores with a decoder-only model: one question asked for, by the instruction or after the worked examples; the
    parameters are those of the generator.
    """

    def score(self, pairs: Sequence[QuestionPassage]) -> LogLikelihoods:
        """See :class:`QueryLikelihood`."""
        rooms = {language: self._room(language, 1, self._output_length) for language in {p.language for p in pairs}}
        sources = [
            self._ids(self._prompt(self._prompts.cut(_text(pair), rooms[pair.language]), pair.language, 1))
            for pair in pairs
        ]
        # After the colon of a prompt that is no chat a blank is due.
        texts = [composed(pair.question if self._chat else f" {pair.question}") for pair in pairs]
        tokens: list[list[int]] = self._tokenizer(texts, add_special_tokens=False)["input_ids"]
        targets = [row[: self._output_length] for row in tokens]
        vocabulary = self._model.config.get_text_config().vocab_size
        return _in_batches(sources, targets, self._log_probabilities, self._device, vocabulary, self._memory)

    def _log_probabilities(self, sources: list[list[int]], targets: list[list[int]]) -> torch.Tensor:
        # All end together, so that logits are needed of the last places only.
        ids, mask = _padded([[*s, *t] for s, t in zip(sources, targets, strict=True)], "left", self._device)
        wanted, is_token = _padded(targets, "left", self._device)
        kept = wanted.shape[1] + 1
        given: dict[str, Any] = {"use_cache": False}
        parameters = inspect.signature(self._model.forward).parameters
        given |= last_logits(parameters, kept, self._device)
        if "position_ids" in parameters:
            given["position_ids"] = (mask.long().cumsum(1) - 1).clamp(min=0)
        logits = self._model(input_ids=ids, attention_mask=mask.long(), **given).logits[:, -kept:-1]
        return _summed(logits, wanted, is_token)


def _text(pair: QuestionPassage) -> str:
    return prompts.passage_in_prompt(pair.passage)


def _in_batches(
    sources: list[list[int]], targets: list[list[int]], run: Any, device: str, vocabulary: int, memory: MemoryLimit
) -> LogLikelihoods:
    """Scores of all, the longest first, so that a lack of memory shows at once."""
    kind = device.split(":")[0] if device.split(":")[0] in TOKENS_PER_BATCH else "cpu"
    scores = np.empty(len(sources), dtype=np.float32)
    order = sorted(range(len(sources)), key=lambda row: (-len(sources[row]), -len(targets[row])))
    start = 0
    while start < len(order):
        source = len(sources[order[start]])
        target = max(len(targets[row]) for row in order[start:])
        size = max(1, min(TOKENS_PER_BATCH[kind] // (source + target), LOGITS_PER_BATCH[kind] // (target * vocabulary)))
        rows = order[start : start + size]
        scores[rows] = _in_pieces([sources[row] for row in rows], [targets[row] for row in rows], run, memory)
        start += len(rows)
    return scores


def _in_pieces(sources: list[list[int]], targets: list[list[int]], run: Any, memory: MemoryLimit) -> LogLikelihoods:
    @torch.inference_mode()
    def scored(part: slice) -> LogLikelihoods:
        scores: LogLikelihoods = run(sources[part], targets[part]).float().cpu().numpy()
        return scores

    pieces = memory.run(
        scored,
        len(sources),
        len(sources[0]) + max(map(len, targets)),
        lambda row: (
            f"the teacher is out of memory on one passage of {len(sources[row])} tokens; give a smaller "
            "--teacher-input-length, --teacher-dtype bfloat16, a smaller teacher or another device"
        ),
    )
    return np.concatenate(pieces)


def _padded(rows: list[list[int]], side: Literal["left", "right"], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens in a rectangle, and which of its places hold one."""
    length = max(map(len, rows))
    ids = torch.zeros((len(rows), length), dtype=torch.long)
    mask = torch.zeros((len(rows), length), dtype=torch.bool)
    for number, row in enumerate(rows):
        place = slice(length - len(row), length) if side == "left" else slice(0, len(row))
        ids[number, place] = torch.tensor(row)
        mask[number, place] = True
    return ids.to(device), mask.to(device)


def _summed(logits: torch.Tensor, wanted: torch.Tensor, is_token: torch.Tensor) -> torch.Tensor:
    logits = logits.float()
    of_tokens = logits.gather(2, wanted[:, :, None]).squeeze(2) - logits.logsumexp(2)
    return of_tokens.masked_fill(~is_token, 0.0).sum(1)
