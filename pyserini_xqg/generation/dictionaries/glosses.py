"""English glosses of dictionaries from other languages, as words that a text may have."""

from __future__ import annotations

import re

from pyserini_xqg.generation.backends.lexicon.entries import bare
from pyserini_xqg.generation.dictionaries.base import Translation

MOST_WORDS = 3  # the longest phrase that the lexicon looks up
RARE = 100  # how far back a meaning stands that few use

_REMARK = re.compile(r"\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|<[^>]*>")
_LEADING = re.compile(r"^(?:lit\.|fig\.|also|esp\.|i\.e\.|an?|the)\s+", re.IGNORECASE)
# They explain a word with another one of its own language, or its grammar.
_NO_MEANING = re.compile(
    r"(?:CL:|(?:\w+ )?variant of|see |used |abbr\. |surname|same as|also (?:written|pr)|coll\. pr|euphemi|onomat|"
    "interj|Taiwan pr|(?:particle|suffix|prefix|classifier|Kangxi)\\b)"
)
_RARE = re.compile(
    r"\((?:[^)]*\b)?(?:bound form|archaic|literary|old|classical|dialect|slang|coll\.|loanword"
    r"|arch|obs|obsc|rare|sl|vulg|derog)\b[^)]*\)"
)
_ENUMERATION = re.compile(r"(?:^|,? )(?:and|or|&) [A-Z]")  # Beijing, Shanghai, and Guangzhou
_COMPASS = frozenset(
    f"{point}{ending}" for point in ("North", "South", "East", "West", "Central", "Centre") for ending in ("", "ern")
)
_FOREIGN = re.compile("[^\x00-\u024f\u2019]")


def is_rare(gloss: str) -> bool:
    """Whether a gloss says that few use the word so today."""
    return bool(_RARE.search(gloss))


def english_words(gloss: str) -> list[str]:
    """The words and phrases in a gloss, of up to three words; none where it explains instead.

    Remarks in brackets, articles and the "to" of verbs go, and what follows the comma after a name ("Beijing, capital
    of China").
    """
    found = []
    for part in _REMARK.sub(" ", gloss).split(";"):
        text = " ".join(part.split())
        if not text or _NO_MEANING.match(text):
            continue
        first, comma, rest = text.partition(", ")
        if comma and first[0].isupper() and _ENUMERATION.search(rest):
            continue
        for piece in [first] if comma and first[0].isupper() else text.split(", "):
            word = bare(_LEADING.sub("", piece.strip(" .!?,"))).strip()
            if len(word.split()) <= MOST_WORDS and any(map(str.isalpha, word)) and not _FOREIGN.search(word):
                found.append(word)
    return found


def name_translations(english: str, foreign: str) -> list[Translation]:
    """What a name in both languages gives; nothing where it is written alike, as the lexicon leaves it by itself.

    Parts of countries that are called by a point of the compass are left out: most of what is called so is another.
    """
    return [Translation(word, foreign, 0) for word in english_words(english) if word not in {foreign, *_COMPASS}]
