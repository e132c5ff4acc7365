"""Prompts of sequence-to-sequence models, from template to tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter
from typing import Any

from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import UsageError

PAPER_PROMPT = "Generate a {language} question for this passage: {title} {passage}"
FIELDS = ("language", "title", "passage")


def check_prompt(template: str) -> None:
    """Refuse a template that cannot be filled.

    Raises
    ------
    UsageError
        An unknown field, braces that do not match, or no ``{passage}``.
    """
    try:
        parts = [part for part in Formatter().parse(template) if part[1] is not None]
    except ValueError as error:
        raise UsageError(
            f"the prompt {template!r} is no template ({error}); a brace itself is written twice"
        ) from error
    for _, field, form, conversion in parts:
        if field not in FIELDS or form or conversion:
            raise UsageError(
                f"the prompt {template!r} has the field {{{field}}}; "
                f"known are {', '.join(f'{{{known}}}' for known in FIELDS)}"
            )
    if all(field != "passage" for _, field, _, _ in parts):
        raise UsageError(f"the prompt {template!r} has no {{passage}}: every passage would get the same queries")


def fill_prompt(template: str, language: str, passage: Passage) -> str:
    """The prompt for `passage`, composed; the blank after a title that is not there goes with it."""
    if not passage.title:
        template = re.sub(r"\{title\} ?", "", template)
    return composed(template.format(language=language_name(language), title=passage.title, passage=passage.text))


class PromptTokenizer:
    """Makes the tokens that a model reads.

    Parameters
    ----------
    tokenizer : transformers tokenizer
    template : str
    length : int
        The most tokens, special ones included. Of a longer prompt the end of the passage is cut off; what the template
        says before and after it stays.
    fronts : mapping of str to str or None
        What stands in front of the prompt for a language, by its code.

    Raises
    ------
    UsageError
        The template cannot be filled, or leaves no room for a passage.
    """

    def __init__(self, tokenizer: Any, template: str, length: int, fronts: Mapping[str, str] | None = None):
        check_prompt(template)
        self._fronts = fronts or {}
        longest = max(self._fronts.values(), key=len, default="")
        bare = len(tokenizer(longest + fill_prompt(template, "en", Passage("", "")))["input_ids"])
        if length <= bare:
            raise UsageError(f"{length} tokens of input have no room for a passage: the prompt alone takes {bare}")
        rest = composed(template.rpartition("{passage}")[2].strip())
        self._tokenizer = tokenizer
        self._template = template
        self._length = length
        self._rest = len(tokenizer(rest)["input_ids"]) if rest else 0

    def __call__(self, passages: Sequence[Passage], language: str) -> list[list[int]]:
        """The tokens of each passage's prompt."""
        front = self._fronts.get(language, "")
        prompts = [front + fill_prompt(self._template, language, passage) for passage in passages]
        if not self._rest:
            whole: list[list[int]] = self._tokenizer(prompts, truncation=True, max_length=self._length)["input_ids"]
            return whole
        return [
            row if len(row) <= self._length else row[: self._length - self._rest] + row[-self._rest :]
            for row in self._tokenizer(prompts, verbose=False)["input_ids"]
        ]
