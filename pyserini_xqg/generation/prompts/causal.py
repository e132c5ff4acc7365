"""Prompts of causal language models, from passage to tokens; the same in training and in use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.encoding.hub import opening
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.generation.prompts import instructions as prompts
from pyserini_xqg.storage.manifest import MANIFEST

# What a base model is trained with, that has learned what to do and needs no worked examples.
TRAINED_PROMPT = "Passage: {passage}\nQuestion in {language}:"


def trained_prompt(model: str, revision: str | None = None) -> str | None:
    """The prompt that a model was trained with by ``xqg train generator``, as its ``xqg.json`` says; None for others.

    Parameters
    ----------
    model : str
        A folder or Hugging Face id.
    revision : str or None

    Raises
    ------
    InvalidInput
        The file is damaged.
    """
    from transformers.utils.hub import cached_file

    with opening(model, revision, "a query generator"):
        try:
            file = cached_file(model, MANIFEST, revision=revision)
        except OSError:  # no such file, in the folder or on the hub
            return None
    try:
        details = json.loads(Path(str(file)).read_text(encoding="utf-8")).get("details", {})
        found = details.get("prompt")
    except (ValueError, AttributeError) as error:
        raise InvalidInput(f"{file}: not a manifest of xqg ({error})") from error
    return found if isinstance(found, str) else None


class CausalPrompt:
    """What a model reads for a passage.

    Parameters
    ----------
    tokenizer : transformers tokenizer
        With a chat template, the instruction is a user's message.
    instruction : str or None
        See :class:`pyserini_xqg.generation.CausalGenerator`.
    trained : str or None
        The prompt that the model was trained with; in the place of worked examples.
    """

    def __init__(self, tokenizer: Any, instruction: str | None, trained: str | None = None):
        self._tokenizer = tokenizer
        self.chat = bool(tokenizer.chat_template)
        self.instruction = instruction or trained
        self._shows_examples = not self.chat and trained is None

    @property
    def identity(self) -> str:
        """The text, for settings."""
        return prompts.prompt_identity(not self._shows_examples, self.instruction)

    def text(self, passage: str, language: str, n: int) -> str:
        """The prompt for `n` questions."""
        if self._shows_examples:
            return prompts.worked_examples(passage, language, self.instruction)
        chat = prompts.messages(passage, language, n, self.instruction)
        if not self.chat:
            return chat[0]["content"]
        # The last argument is known to templates of models that can think first, and no other minds.
        return str(
            self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        )

    def ids(self, prompt: str) -> list[int]:
        """The tokens of a prompt; a chat template writes the special ones itself."""
        return list(self._tokenizer(prompt, add_special_tokens=not self.chat)["input_ids"])

    def cut(self, passage: str, room: int) -> str:
        """As much of a passage, composed, as has `room` tokens."""
        passage = composed(passage)
        ids = self._tokenizer(passage, add_special_tokens=False)["input_ids"]
        if len(ids) <= room:
            return passage
        # The cut can go through a character.
        return str(self._tokenizer.decode(ids[:room], skip_special_tokens=True)).rstrip("\ufffd")
