"""Language of a text, where its script does not tell: by py3langid, which brings its model along.

On published questions of 23 languages it was the best of what installs everywhere, see docs/generation.md.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from iso639 import Lang
from langcodes import tag_distance

ENGLISH = "en"
# How many times likelier than the language that was asked for another has to be.
TIMES = 5
# CLDR's distance below which readers of one language read the other: no and da, id and ms.
NEAR = 15
# One language with several names, written in two scripts, of which CLDR has no distance.
SERBO_CROATIAN = {"bs", "hr", "sh", "sr"}
NO_LANGUAGE = "zxx"


def other_language(text: str, language: str) -> tuple[str, float]:
    """The likeliest language of a text that is not its own, and its probability; 0 where it is not much likelier.

    Names and keywords are in no language for certain, and have low probabilities. Of a language that the model does
    not know, English alone is told apart: what generators fall back to.

    Parameters
    ----------
    text : str
    language : str
        The code of the language that it should be in.
    """
    likely = dict(_identifier().rank(text))
    own = [code for code in likely if _is_same(code, language)]
    others = [code for code in likely if code not in own and code != NO_LANGUAGE] if own else [ENGLISH]
    other = max(others, key=lambda code: likely[code])
    if likely[other] < TIMES * max((likely[code] for code in own), default=0.0):
        return other, 0.0
    return other, float(likely[other])


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def _is_same(known: str, language: str) -> bool:
    """Whether a language of the model is the one asked for, or is read by those who read it."""
    if known == language or {known, language} <= SERBO_CROATIAN:
        return True
    if known == NO_LANGUAGE:
        return False
    whole = Lang(known).macro()
    if whole is not None and language in (whole.pt1, whole.pt3):
        return True
    return int(tag_distance(language, known)) < NEAR
