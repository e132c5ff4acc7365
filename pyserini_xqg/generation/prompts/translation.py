"""Translation models: how each family is told the languages.

NLLB, M2M-100 and mBART-50
    The tokenizer is set to the language of the text, and the translation begins with a token for its own
    (``hin_Deva``, ``__hi__``, ``hi_IN``).
OPUS-MT for several languages, MADLAD-400
    A token stands in front of the text (``>>hin<<``, ``<2hi>``).
OPUS-MT for one language
    There is nothing to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from langcodes import Language
from langcodes.tag_parser import LanguageTagError

from pyserini_xqg.collection.languages import canonical_code, language_name
from pyserini_xqg.errors import InvalidInput, UsageError

# What a translation model reads: the text and nothing else.
TRANSLATION_PROMPT = "{passage}"

_FIRST = re.compile(r"__([a-z]{2,3})__|([a-z]{3}_[A-Z][a-z]{3})|([a-z]{2}_[A-Z]{2})")
_FRONT = re.compile(r">>([a-z]{2,3}(?:_\w+)?)<<|<2([a-z]{2,3}(?:_\w+)?)>")


@dataclass(frozen=True)
class Translation:
    """What a model that only translates has to be told.

    Attributes
    ----------
    languages : frozenset of str or None
        The codes of those that it translates into; None: it does not say.
    first : mapping of str to int
        The token that a translation begins with, by language.
    fronts : mapping of str to str
        What stands in front of the text, by language, with the blank after it.
    """

    languages: frozenset[str] | None = None
    first: Mapping[str, int] = field(default_factory=dict)
    fronts: Mapping[str, str] = field(default_factory=dict)


def translation_of(tokenizer: Any, model_type: str, passage_language: str) -> Translation | None:
    """How to tell a model the languages; None if it is no translation model.

    Parameters
    ----------
    tokenizer : transformers tokenizer
        Is set to the language of the passages, where it has to be.
    model_type : str
        Of the model's configuration.
    passage_language : str
        Its code. Only the models of the first family are told it.

    Raises
    ------
    UsageError
        The model does not know the language of the passages.
    """
    if hasattr(tokenizer, "src_lang"):
        # M2M-100's stand in a list of their own.
        own = getattr(tokenizer, "lang_token_to_id", {})
        tags = _by_language({*own, *tokenizer.added_tokens_encoder, *tokenizer.all_special_tokens}, _FIRST)
        if passage_language not in tags:
            raise UsageError(
                f"the model does not translate from {language_name(passage_language)} ({passage_language}); it knows "
                f"{', '.join(sorted(tags)) or 'no language by name'}: give --passage-language, or another model"
            )
        tokenizer.src_lang = tags[passage_language].strip("_")
        first = {code: int(tokenizer.convert_tokens_to_ids(tag)) for code, tag in tags.items()}
        return Translation(frozenset(first), first=first)
    fronts = {code: f"{tag} " for code, tag in _by_language(tokenizer.get_vocab(), _FRONT).items()}
    if fronts:
        return Translation(frozenset(fronts), fronts=fronts)
    if model_type == "marian":
        return Translation(_own_language(tokenizer))
    return None


def _own_language(tokenizer: Any) -> frozenset[str] | None:
    try:
        return frozenset({canonical_code(tokenizer.target_lang or "")})
    except InvalidInput:
        return None


def _by_language(tokens: Iterable[str], pattern: re.Pattern[str]) -> dict[str, str]:
    """The token of each language: of several (Chinese in two scripts) that in its usual script."""
    found: dict[str, list[tuple[int, str]]] = {}
    for token in tokens:
        if match := pattern.fullmatch(token):
            tag = next(group for group in match.groups() if group)
            try:
                code = canonical_code(tag)
            except InvalidInput:  # a token that looks like one
                continue
            found.setdefault(code, []).append((_strangeness(tag, code), token))
    return {code: min(tokens)[1] for code, tokens in found.items()}


def _strangeness(tag: str, code: str) -> int:
    """How far a tag is from what a user of the language expects: 0 for its usual script, 2 for another one."""
    try:
        script = Language.get(tag).script
    except LanguageTagError:
        return 1
    return 1 if script is None else 0 if script == Language.get(code).maximize().script else 2
