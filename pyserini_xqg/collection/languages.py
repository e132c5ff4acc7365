"""Languages by their ISO 639 codes."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from iso639 import Lang, iter_langs
from iso639.exceptions import DeprecatedLanguageValue, InvalidLanguageValue

from pyserini_xqg.errors import InvalidInput


@cache
def language_code(value: str) -> str:
    """The code of a language given by code or English name: ISO 639-1 where it has one, else ISO 639-3.

    Parameters
    ----------
    value : str
        A code (``te``, ``tel``) or an English name (``Telugu``), in any case; blanks around it do not count (the
        XOR-TyDi training file has ``" ar"``).

    Raises
    ------
    InvalidInput
        For an unknown language, with the nearest known ones.
    """
    name = value.strip()
    for form in (name.lower(), name.title(), name):
        try:
            language = Lang(form)
        except (InvalidLanguageValue, DeprecatedLanguageValue):
            continue
        return str(language.pt1 or language.pt3)
    if code := _short_names().get(name.title()):
        return code
    near = get_close_matches(name.title(), [*_short_names(), *_names()], n=3) + get_close_matches(
        name.lower(), _codes(), n=3
    )
    hint = f"; did you mean {', '.join(dict.fromkeys(near))}?" if near else ""
    raise InvalidInput(
        f"unknown language {value!r}: expected an ISO 639 code such as te, or an English name such as Telugu{hint}"
    )


@cache
def language_name(code: str) -> str:
    """The English name of a language as prompts and tables use it (``el`` -> ``Greek``).

    ISO 639 adds remarks in brackets ("Modern Greek (1453-)") and "Modern", which nobody writes.
    """
    name = str(Lang(code).name)
    return name.split(" (")[0].removeprefix("Modern ")


@cache
def _short_names() -> dict[str, str]:
    """The codes of the names that :func:`language_name` gives."""
    return {language_name(language.pt1): str(language.pt1) for language in iter_langs() if language.pt1}


@cache
def _names() -> list[str]:
    return [str(language.name) for language in iter_langs()]


@cache
def _codes() -> list[str]:
    return [code for language in iter_langs() for code in (language.pt1, language.pt3) if code]
