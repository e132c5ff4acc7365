"""Answer reader: a sequence-to-sequence or causal model that answers a question from one passage."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from string import Formatter
from typing import Any

import torch
from transformers import StoppingCriteriaList

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.encoding.loading import choose_device, fingerprint
from pyserini_xqg.encoding.memory import MemoryLimit
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.loading import ModelKind, open_config, open_model, open_tokenizer
from pyserini_xqg.generation.backends.stopping import EndOfLine
from pyserini_xqg.training.mining.settings import MiningSettings

FIELDS = ("question", "english", "language", "title", "passage")
SEQ2SEQ: ModelKind = "sequence-to-sequence"
CAUSAL: ModelKind = "causal language"
# The first is T5's for SQuAD.
PROMPTS: dict[ModelKind, str] = {
    SEQ2SEQ: "question: {question} context: {title} {passage}",
    CAUSAL: "{title}\n{passage}\n\nAnswer with a few words of the text above, or with none.\n"
    "Question: {question}\nAnswer:",
}
# Tokens, room for the answer included, that go through the model at once.
TOKENS_PER_BATCH = {"cpu": 8192, "cuda": 65536, "mps": 8192}
# Tokens at the seams can come out otherwise than counted.
SEAM = 4
LEAST_PASSAGE = 16

Reading = tuple[TrainingExample, Passage]

log = logging.getLogger("pyserini_xqg")


class AnswerReader:
    """A model that answers; it is loaded when it is first asked.

    The likeliest answer is taken, token by token, and of it the first line.

    Parameters
    ----------
    settings : MiningSettings
        Those of the reader.
    device : str or None
        A torch device; None takes the best there is.

    Raises
    ------
    MissingInput
        The model or its tokenizer cannot be loaded.
    UsageError
        The prompt is no template, or leaves no room for a passage.
    """

    def __init__(self, settings: MiningSettings, device: str | None = None):
        assert settings.reader is not None
        self._name, self._settings = str(settings.reader), settings
        self._device = choose_device(device)
        config = open_config(self._name, settings.reader_revision)
        self._kind = SEQ2SEQ if config.is_encoder_decoder else CAUSAL
        self._revision = getattr(config, "_commit_hash", None) or settings.reader_revision
        if settings.reader_dtype not in ("float32", "bfloat16"):
            raise UsageError(f"reader_dtype is {settings.reader_dtype!r}: float32 or bfloat16 is expected")
        self._tokenizer = open_tokenizer(self._name, settings.reader_revision, self._kind)
        self._chat = self._kind == CAUSAL and bool(self._tokenizer.chat_template)
        self.prompt = settings.reader_prompt or PROMPTS[self._kind]
        _check_prompt(self.prompt)
        text = config.get_text_config()
        limit = getattr(text, "max_position_embeddings", None) or sys.maxsize
        # T5's have none, and a length in their tokenizer that is no limit.
        output = settings.reader_output_length if self._kind == CAUSAL else 0
        self._length = min(settings.reader_input_length, limit - output)
        self._model: Any = None
        self._memory = MemoryLimit()

    def identity(self) -> dict[str, Any]:
        """The model by its content, and its prompt."""
        return {
            "model": fingerprint(self._name) or self._name,
            "revision": self._revision,
            "prompt": self.prompt,
            "chat": self._chat,
        }

    def answers(self, pairs: Sequence[Reading], on_answers: Callable[[int], object] = lambda _: None) -> list[str]:
        """An answer for each question and passage; an empty one where the model has none.

        Raises
        ------
        XqgError
            Out of memory on a single pair.
        """
        if self._model is None:
            log.info("reading with %s on %s", self._name, self._device)
            model = open_model(self._name, self._revision, self._settings.reader_dtype, self._kind)
            self._model = model.to(self._device)
        prompts = [self._ids(*pair) for pair in pairs]
        order = sorted(range(len(prompts)), key=lambda row: -len(prompts[row]))
        budget = TOKENS_PER_BATCH.get(self._device.split(":")[0], TOKENS_PER_BATCH["cpu"])
        found = [""] * len(prompts)
        start = 0
        while start < len(order):
            length = len(prompts[order[start]]) + self._settings.reader_output_length
            rows = order[start : start + max(1, budget // length)]
            for row, answer in zip(rows, self._in_pieces([prompts[row] for row in rows]), strict=True):
                found[row] = answer
            start += len(rows)
            on_answers(len(rows))
        return found

    def _ids(self, example: TrainingExample, passage: Passage) -> list[int]:
        around = self._tokens(self._filled(example, Passage(passage.id, "", passage.title)))
        room = self._length - len(around) - SEAM
        if room < LEAST_PASSAGE:
            raise UsageError(
                f"the reader {self._name} takes {self._length} tokens here, and the prompt for question {example.id} "
                f"has {len(around)} without the passage: give a larger --reader-input-length or a shorter prompt"
            )
        tokens = self._tokenizer(composed(passage.text), add_special_tokens=False)["input_ids"]
        if len(tokens) <= room:
            return self._tokens(self._filled(example, passage))
        cut = str(self._tokenizer.decode(tokens[:room], skip_special_tokens=True)).rstrip("\ufffd")
        return self._tokens(self._filled(example, Passage(passage.id, cut, passage.title)))

    def _filled(self, example: TrainingExample, passage: Passage) -> str:
        language = "" if example.language == UNKNOWN_LANGUAGE else language_name(example.language)
        filled = self.prompt.format(
            question=example.question,
            english=example.english or example.question,
            language=language,
            title=passage.title,
            passage=passage.text,
        )
        if not self._chat:
            # A blank for a title that is not there.
            return "\n".join(" ".join(line.split()) for line in filled.strip().split("\n"))
        chat = [{"role": "user", "content": filled.strip()}]
        return str(
            self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        )

    def _tokens(self, prompt: str) -> list[int]:
        # A chat template writes the special tokens itself.
        return list(self._tokenizer(composed(prompt), add_special_tokens=not self._chat, verbose=False)["input_ids"])

    def _in_pieces(self, prompts: list[list[int]]) -> list[str]:
        pieces = self._memory.run(
            lambda part: self._write(prompts[part]),
            len(prompts),
            len(prompts[0]) + self._settings.reader_output_length,
            lambda row: (
                f"out of memory on one passage with a prompt of {len(prompts[row])} tokens; give a smaller "
                "--reader-input-length, --reader-dtype bfloat16 or another reader or device"
            ),
        )
        return [answer for piece in pieces for answer in piece]

    @torch.inference_mode()
    def _write(self, prompts: list[list[int]]) -> list[str]:
        own = self._model.generation_config
        pad = own.pad_token_id if own.pad_token_id is not None else self._tokenizer.pad_token_id or 0
        length = max(map(len, prompts))
        ids, mask = [], []
        for prompt in prompts:
            fill, ones = [pad] * (length - len(prompt)), [1] * len(prompt)
            none = [0] * len(fill)
            # Writing goes on at the right of what a causal model has read.
            ids.append(prompt + fill if self._kind == SEQ2SEQ else fill + prompt)
            mask.append(ones + none if self._kind == SEQ2SEQ else none + ones)
        read = 1 if self._kind == SEQ2SEQ else length
        stops = StoppingCriteriaList([] if self._kind == SEQ2SEQ else [EndOfLine(self._tokenizer, length)])
        written = self._model.generate(
            torch.tensor(ids, device=self._device),
            attention_mask=torch.tensor(mask, device=self._device),
            max_new_tokens=self._settings.reader_output_length,
            do_sample=False,
            num_beams=1,
            pad_token_id=pad,
            stopping_criteria=stops,
        )[:, read:].tolist()
        # Models have more logits than their tokenizers have tokens.
        known = [[token for token in row if token < len(self._tokenizer)] for row in written]
        texts = self._tokenizer.batch_decode(known, skip_special_tokens=True)
        return [next(iter(text.strip().splitlines()), "").strip() for text in texts]


def _check_prompt(template: str) -> None:
    try:
        fields = [field for _, field, _, _ in Formatter().parse(template) if field is not None]
    except ValueError as error:
        raise UsageError(f"the reader's prompt {template!r} is no template ({error})") from error
    known = ", ".join(f"{{{field}}}" for field in FIELDS)
    for field in fields:
        if field not in FIELDS:
            raise UsageError(f"the reader's prompt has the field {{{field}}}; known are {known}")
    if "passage" not in fields or not {"question", "english"} & set(fields):
        raise UsageError("the reader's prompt needs {passage}, and {question} or {english}")
