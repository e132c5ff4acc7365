"""Text of users, and how a browser is to set it: its language and its direction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from langcodes import Language
from langcodes.tag_parser import LanguageTagError

from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.errors import InvalidInput

RIGHT_TO_LEFT = {"Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}


@dataclass(frozen=True)
class UserText:
    """UserText of a user, and how a browser is to set it: BCP 47 code ("" if unknown) and direction."""

    text: str
    language: str = ""
    direction: str = "auto"


def text_direction(language: str) -> str:
    """The ``dir`` attribute of text in a language: ``rtl`` by its usual script, else what its first letter says."""
    code = language_tag(language)
    return "rtl" if code and _script(code) in RIGHT_TO_LEFT else "auto"


def language_tag(language: str) -> str:
    """The ``lang`` attribute of a language as files write it; "" if it is none."""
    try:
        return canonical_code(language)
    except InvalidInput:
        return ""


@cache
def _script(code: str) -> str | None:
    try:
        return Language.get(code).maximize().script
    except LanguageTagError:
        return None
