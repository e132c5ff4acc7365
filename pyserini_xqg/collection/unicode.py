"""Unicode: one spelling of a text where it has several."""

from __future__ import annotations

import unicodedata
from typing import Final

FORM: Final = "NFC"


def composed(text: str) -> str:
    """`text` in Unicode's composed form (NFC).

    Files from macOS often hold letters and their marks apart (NFD), which look the same and are other characters: a
    tokenizer makes 40 tokens of a Korean question instead of 15, and a dictionary does not have the word. What is in
    the composed form comes back as it is.
    """
    return unicodedata.normalize(FORM, text)


def is_composed(text: str) -> bool:
    """Whether :func:`composed` leaves `text` as it is."""
    return unicodedata.is_normalized(FORM, text)
