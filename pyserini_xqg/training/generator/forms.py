"""Forms of pairs as a model gets them: the prompts are those of ``xqg generate``.

What the model is to write comes as ``targets``, a column for each of its tokens, -100 where there is none: neither the
prompt nor what fills up a row is learned.
"""

from __future__ import annotations

import inspect
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch

from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.generation.backends.logits import last_logits
from pyserini_xqg.generation.prompts import instructions as prompts
from pyserini_xqg.generation.prompts.causal import TRAINED_PROMPT, CausalPrompt
from pyserini_xqg.generation.prompts.seq2seq import PAPER_PROMPT, PromptTokenizer
from pyserini_xqg.training.generator.pairs import GeneratorPair

NO_TARGET = -100
# Of a sequence-to-sequence model that reads the English question too, which stands in the place of the title so that
# the passage's end is what a cut takes.
PARALLEL_PROMPT = "Translate this question about the passage into {language}: {title} Passage: {passage}"
# Of a language model, below the passage.
ENGLISH_LINE = "\nQuestion in English: "


class GeneratorForm(ABC):
    """A collator that knows its model's prompt.

    Parameters
    ----------
    output_length : int

    Attributes
    ----------
    prompt : str
        That ``xqg generate`` has to use.
    """

    prompt: str

    def __init__(self, output_length: int):
        self.output_length = output_length

    def target(self, pair: GeneratorPair) -> list[int]:
        """The tokens of the question, and the one that ends it unless the question had to be cut."""
        return self._whole(pair)[: self.output_length]

    def is_cut(self, pair: GeneratorPair) -> bool:
        """Whether the question is longer than a question may be."""
        return len(self._whole(pair)) > self.output_length

    @abstractmethod
    def __call__(self, pairs: Sequence[GeneratorPair]) -> dict[str, Any]:
        """Arguments of the model, and ``targets``."""

    @abstractmethod
    def prompt_ids(self, pair: GeneratorPair) -> list[int]:
        """The tokens that the model reads."""

    @abstractmethod
    def _whole(self, pair: GeneratorPair) -> list[int]:
        """The tokens of the question with its end."""


class Seq2SeqForm(GeneratorForm):
    """For models with encoder and decoder.

    Parameters
    ----------
    tokenizer, model
        Of transformers.
    input_length, output_length : int
    """

    def __init__(self, tokenizer: Any, model: Any, input_length: int, output_length: int):
        super().__init__(output_length)
        self.prompt = PAPER_PROMPT
        tokenizer.truncation_side = "right"
        self._tokenizer = tokenizer
        self._plain = PromptTokenizer(tokenizer, PAPER_PROMPT, input_length)
        self._parallel = PromptTokenizer(tokenizer, PARALLEL_PROMPT, input_length)
        self._start = model.config.decoder_start_token_id
        if self._start is None or tokenizer.eos_token_id is None:
            raise InvalidInput(
                "the base does not say with which token an answer starts and ends (decoder_start_token_id, eos_token)"
            )
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id

    def __call__(self, pairs: Sequence[GeneratorPair]) -> dict[str, Any]:
        """See :class:`GeneratorForm`."""
        read = [self.prompt_ids(pair) for pair in pairs]
        targets = [self.target(pair) for pair in pairs]
        return {
            "input_ids": _filled(read, self._pad),
            "attention_mask": _filled([[1] * len(row) for row in read], 0),
            "decoder_input_ids": _filled([[self._start, *row[:-1]] for row in targets], self._pad),
            "targets": _filled(targets, NO_TARGET),
        }

    def prompt_ids(self, pair: GeneratorPair) -> list[int]:
        """See :class:`GeneratorForm`."""
        if pair.english is None:
            return self._plain([pair.passage], pair.language)[0]
        text = f"{pair.passage.title} {pair.passage.text}".strip()
        return self._parallel([Passage(pair.passage.id, text, pair.english)], pair.language)[0]

    def _whole(self, pair: GeneratorPair) -> list[int]:
        tokens: list[int] = self._tokenizer(text_target=composed(pair.question), verbose=False)["input_ids"]
        return tokens if tokens[-1:] == [self._tokenizer.eos_token_id] else [*tokens, self._tokenizer.eos_token_id]


class CausalForm(GeneratorForm):
    """For decoder-only models: the prompt is read, and the question that goes on from it is learned.

    Rows are filled up on the left, so that the questions stand at their ends and the logits of nothing else have to be
    worked out.

    Parameters
    ----------
    tokenizer, model
        Of transformers.
    input_length, output_length : int

    Raises
    ------
    UsageError
        The model does not take as many tokens.
    """

    def __init__(self, tokenizer: Any, model: Any, input_length: int, output_length: int):
        super().__init__(output_length)
        self.prompt = prompts.INSTRUCTION if tokenizer.chat_template else TRAINED_PROMPT
        self._prompts = CausalPrompt(tokenizer, None, self.prompt)
        self._tokenizer = tokenizer
        self._input_length = input_length
        self.end = self._end_token()
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else self.end
        self._takes = inspect.signature(model.forward).parameters
        config = model.config.get_text_config()
        self._limit = min(tokenizer.model_max_length, getattr(config, "max_position_embeddings", None) or sys.maxsize)

    def check_room(self, pairs: Sequence[GeneratorPair]) -> None:
        """Refuse lengths that leave no room for the prompt in one of the languages."""
        given = [len(self._tokenizer(composed(pair.english))["input_ids"]) for pair in pairs if pair.english]
        english = max(given) + len(self._tokenizer(ENGLISH_LINE)["input_ids"]) if given else 0
        for language in sorted({pair.language for pair in pairs}):
            around = english + len(self._prompts.ids(self._prompts.text("", language, 1)))
            # Tokens at the seams can come out otherwise than counted.
            if around + self._input_length + self.output_length + 4 > self._limit:
                raise UsageError(
                    f"the base takes at most {self._limit} tokens; the prompt for {language_name(language)} has "
                    f"{around}, the passage may have {self._input_length}, the question {self.output_length}: give a "
                    "smaller --input-length"
                )

    def prompt_ids(self, pair: GeneratorPair) -> list[int]:
        """See :class:`GeneratorForm`."""
        passage = self._prompts.cut(prompts.passage_in_prompt(pair.passage), self._input_length)
        if pair.english is not None:
            passage += ENGLISH_LINE + pair.english
        return self._prompts.ids(self._prompts.text(passage, pair.language, 1))

    def __call__(self, pairs: Sequence[GeneratorPair]) -> dict[str, Any]:
        """See :class:`GeneratorForm`."""
        targets = [self.target(pair) for pair in pairs]
        rows = [[*self.prompt_ids(pair), *target] for pair, target in zip(pairs, targets, strict=True)]
        mask = _filled([[1] * len(row) for row in rows], 0, left=True)
        batch: dict[str, Any] = {
            "input_ids": _filled(rows, self._pad, left=True),
            "attention_mask": mask,
            "targets": _filled(targets, NO_TARGET, left=True),
        }
        if "position_ids" in self._takes:
            batch["position_ids"] = (mask.cumsum(dim=1) - 1).clamp(min=0)
        return batch | last_logits(self._takes, batch["targets"].shape[1] + 1)

    def _whole(self, pair: GeneratorPair) -> list[int]:
        # After the colon of the prompt a blank is due, in an answer of a chat not.
        text = pair.question if self._prompts.chat else f" {pair.question}"
        return [*self._tokenizer(composed(text), add_special_tokens=False, verbose=False)["input_ids"], self.end]

    def _end_token(self) -> int:
        """What ends an answer: in a chat, what the template puts after it."""
        if self._prompts.chat:
            chat = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "§§"}]
            rest = self._tokenizer.apply_chat_template(chat, tokenize=False).rpartition("§§")[2]
            first = self._tokenizer(rest.lstrip(), add_special_tokens=False)["input_ids"][:1]
            if first and first[0] in self._tokenizer.added_tokens_decoder:
                return int(first[0])
        if self._tokenizer.eos_token_id is None:
            raise InvalidInput("the base's tokenizer has no token that ends a text (eos_token)")
        return int(self._tokenizer.eos_token_id)


def target_losses(model: Any, batch: dict[str, Any]) -> torch.Tensor:
    """The cross-entropy of each target, in float32; 0 where there is none."""
    targets = batch["targets"]
    logits = model(**{name: value for name, value in batch.items() if name != "targets"}, use_cache=False).logits
    if "decoder_input_ids" not in batch:  # each token is foretold where the one before it is read
        logits = logits[:, -targets.shape[1] - 1 : -1]
    losses = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), targets.flatten(), ignore_index=NO_TARGET, reduction="none"
    )
    return losses.view(targets.shape)


def _filled(rows: Sequence[list[int]], value: int, left: bool = False) -> torch.Tensor:
    length = max(map(len, rows))
    fill = [[value] * (length - len(row)) for row in rows]
    return torch.tensor([[*more, *row] if left else [*row, *more] for row, more in zip(rows, fill, strict=True)])
