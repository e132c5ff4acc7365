"""Languages by their ISO 639 codes, and the one rule of what is the same language.

Two names mean the same language if :func:`canonical_code` is the same:

* Script, region and variants do not count: ``swh_Latn`` is ``swh``, ``zh-TW`` and ``zh-Hant`` are ``zh``.
* A code that was retired, and one that CLDR takes for a form of another language, is what CLDR takes it for: ``iw`` is
  ``he``, ``prs`` (Dari) is ``fa``, ``tl`` is ``fil``.
* The member of a macrolanguage that CLDR says stands for it is the macrolanguage: ``swh`` is ``sw``, ``arb`` is ``ar``,
  ``cmn`` is ``zh``, ``pes`` is ``fa``; :data:`EVERYDAY` has what usage adds. Its other members (``arz``, ``yue``) are
  languages of their own, and so are those with a two-letter code (``nn``, ``id``, ``tw``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from iso639 import Lang, iter_langs
from iso639.exceptions import DeprecatedLanguageValue, InvalidLanguageValue
from langcodes import Language
from langcodes.tag_parser import LanguageTagError

from pyserini_xqg.errors import InvalidInput

# Members of macrolanguages that CLDR does not name: nearly all text in "no" is in "nb", and FLORES's only Pashto and
# Quechua are these.
EVERYDAY = {"nb": "no", "pbt": "ps", "quy": "qu"}

log = logging.getLogger("pyserini_xqg")


@cache
def language_code(value: str) -> str:
    """The code of a language as all commands compare it, see :func:`canonical_code`.

    Where that is less than was given (``swh_Latn`` -> ``sw``), the log says so, once.

    Parameters
    ----------
    value : str
        A code, a tag or an English name.

    Raises
    ------
    InvalidInput
        For an unknown language, with the nearest known ones.
    """
    code, folded = _resolved(value)
    if folded:
        log.warning("the language %s is taken as %s (%s)", value.strip(), code, language_name(code))
    return code


def canonical_code(value: str) -> str:
    """The code of a language given by code, tag or English name: ISO 639-1 where it has one, else ISO 639-3.

    Parameters
    ----------
    value : str
        A code (``te``, ``tel``), a tag of BCP 47 or of FLORES (``pt-BR``, ``swh_Latn``) or an English name
        (``Telugu``), in any case; blanks around it do not count (the XOR-TyDi training file has ``" ar"``).

    Returns
    -------
    str
        The same for all that is the same language, by the rule at the top of this module.

    Raises
    ------
    InvalidInput
        For an unknown language, with the nearest known ones.
    """
    return _resolved(value)[0]


def one_a_language(names: Iterable[str], place: str | Path = "") -> dict[str, str]:
    """The code of each of some names, and the name.

    Parameters
    ----------
    names : iterable of str
    place : str or Path
        Where they stand, for messages.

    Raises
    ------
    InvalidInput
        A name is no language, or two of them are the same one.
    """
    found: dict[str, str] = {}
    for name in names:
        code = language_code(name)
        if code in found:
            raise InvalidInput(
                f"{place}{': ' * bool(place)}the language {code} is there twice, as {found[code].strip()} and as "
                f"{name.strip()}; one of them is expected"
            )
        found[code] = name
    return found


def in_language(asked: str, languages: Iterable[str]) -> tuple[str, ...]:
    """Those of `languages`, however they are written, that are the same language as `asked`.

    The log says, once, where one is kept apart that is a part of the other (``arz`` and ``ar``).

    Parameters
    ----------
    asked : str
    languages : iterable of str
        What is no language is the same as itself only.
    """
    code = _code_or_name(asked)
    codes = {language: _code_or_name(language) for language in languages}
    for other in codes.values():
        _say_what_is_kept_apart(*sorted((code, other)))
    return tuple(language for language, other in codes.items() if other == code)


@cache
def language_name(code: str) -> str:
    """The English name of a language as prompts and tables use it (``el`` -> ``Greek``).

    ISO 639 adds remarks in brackets ("Modern Greek (1453-)") and "Modern", which nobody writes.
    """
    name = str(Lang(code).name)
    return name.split(" (")[0].removeprefix("Modern ")


def _code_or_name(language: str) -> str:
    try:
        return canonical_code(language)
    except InvalidInput:
        return language


@cache
def _say_what_is_kept_apart(one: str, another: str) -> None:
    for member, whole in ((one, another), (another, one)):
        if len(member) > 2 and _macrolanguage(member) == whole != member:
            log.warning(
                "%s (%s) is not taken as %s (%s): each is a language of its own here",
                *(member, language_name(member), whole, language_name(whole)),
            )


def _macrolanguage(code: str) -> str | None:
    try:
        whole = Lang(code).macro()
    except (InvalidLanguageValue, DeprecatedLanguageValue):
        return None
    return None if whole is None else canonical_code(whole.pt3)


@cache
def _resolved(value: str) -> tuple[str, bool]:
    """The code, and whether the name given says more than it."""
    name = value.strip()
    if given := _iso_code(name.lower(), name.title(), name):
        code = _everyday(given)
        return code, code != given
    if short := _short_names().get(name.title()):
        return _everyday(short), False
    if language := _language_of_tag(name):
        return _everyday(language), True
    near = get_close_matches(name.title(), [*_short_names(), *_names()], n=3) + get_close_matches(
        name.lower(), _codes(), n=3
    )
    hint = f"; did you mean {', '.join(dict.fromkeys(near))}?" if near else ""
    raise InvalidInput(
        f"unknown language {value!r}: expected an ISO 639 code such as te, or an English name such as Telugu{hint}"
    )


def _iso_code(*forms: str) -> str | None:
    """The shortest code of the first of some codes or names that ISO 639 knows; of a retired one that of its heir."""
    for form in forms:
        try:
            language = Lang(form)
        except InvalidLanguageValue:
            continue
        except DeprecatedLanguageValue as retired:
            heir = retired.change_to or _cldr_code(form)
            if heir != form and (code := _iso_code(heir)):
                return code
            continue
        return str(language.pt1 or language.pt3 or language.pt5)
    return None


def _language_of_tag(tag: str) -> str | None:
    """The language of a tag with subtags that there are; None of anything else."""
    try:
        parsed = Language.get(tag)
    except LanguageTagError:
        return None
    if not parsed.language or parsed.extlangs or not parsed.is_valid():
        return None
    return _iso_code(parsed.language)


def _everyday(code: str) -> str:
    """The code of the language that a language, by its shortest code, is taken for."""
    known = Language.get(_cldr_code(code))
    whole = known if len(code) == 2 else known.prefer_macrolanguage()
    return EVERYDAY.get(code) or _iso_code(whole.language or "") or code


def _cldr_code(code: str) -> str:
    try:
        return Language.get(code).language or code
    except LanguageTagError:
        return code


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
