"""Scripts: in which a language is written, and how much of a text is in them."""

from __future__ import annotations

from functools import cache

import langcodes
import regex
from iso639 import Lang
from langcodes.data_dicts import LIKELY_SUBTAGS

from pyserini_xqg.collection.unicode import composed

# ISO 15924 names these mixtures; Unicode gives characters one script each.
MIXED = {"Jpan": ("Hira", "Kana", "Hani"), "Kore": ("Hang", "Hani"), "Hans": ("Hani",), "Hant": ("Hani",)}
# Languages that CLDR lists with a second script in everyday use.
SECOND = {
    "az": "Cyrl",
    "bs": "Cyrl",
    "kk": "Arab",
    "ku": "Arab",
    "ms": "Arab",
    "pa": "Arab",
    "sd": "Deva",
    "sr": "Latn",
    "tg": "Arab",
    "tk": "Cyrl",
    "tt": "Latn",
    "ug": "Cyrl",
    "uz": "Cyrl",
}
# Vowel signs and joiners of many scripts have the script of the letters that they stand with.
LETTER = regex.compile(r"[\p{L}\p{Mc}]")


def scripts(language: str) -> tuple[str, ...]:
    """The ISO 15924 codes of the scripts that a language, by code, is written in; none where that is not known.

    From CLDR's likely subtags, as the package langcodes has them.
    """
    known = langcodes.Language.get(language)
    if known.language not in LIKELY_SUBTAGS and (whole := Lang(language).macro()):
        known = langcodes.Language.get(whole.pt1 or whole.pt3)  # CLDR has Akan, not Twi
    if known.language not in LIKELY_SUBTAGS:  # langcodes would say Latin
        return ()
    likely = known.maximize().script
    if likely is None:
        return ()
    second = SECOND.get(language)
    return MIXED.get(likely, (likely,)) + ((second,) if second else ())


def script_share(text: str, language: str) -> float:
    """The share of the letters of `text` that are in a script of the language, 0 to 1.

    1 where there is nothing to judge: a text without letters (a year, a number), a language whose script is not known.
    """
    pattern, text = _pattern(language), composed(text)  # a syllable of Korean is one letter, and not three
    letters = len(LETTER.findall(text))
    return 1.0 if pattern is None or not letters else len(pattern.findall(text)) / letters


@cache
def _pattern(language: str) -> regex.Pattern[str] | None:
    # Extensions: the long vowel mark of Katakana, for one, is common to two scripts.
    found = "".join(rf"\p{{Script_Extensions={name}}}" for name in scripts(language))
    return regex.compile(rf"(?V1)[\p{{L}}\p{{Mc}}&&[{found}]]") if found else None
