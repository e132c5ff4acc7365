"""Characters that no query needs: those that show nothing, and those that stand for what was lost."""

from __future__ import annotations

import regex

# Control and format characters, direction marks among them, and halves of surrogate pairs. What joins or parts two
# letters of a word stays, and so do those that enclose a number.
_INVISIBLE = regex.compile(
    r"(?V1)(?<![\p{L}\p{M}])\p{Join_Control}|\p{Join_Control}(?![\p{L}\p{M}])"
    r"|[\p{Cc}\p{Cf}\p{Cs}--[\p{Join_Control}\p{Prepended_Concatenation_Mark}\s\u180e]]"
)
# The replacement character, private use, and what Unicode has not assigned.
_LOST = regex.compile(r"[\ufffd\p{Co}\p{Cn}]")


def without_invisible(text: str) -> str:
    """`text` on one line, with single blanks, and without characters that show nothing."""
    return " ".join(_INVISIBLE.sub("", " ".join(text.split())).split())


def has_lost(text: str) -> bool:
    """Whether a character stands there that says nothing: it was cut through, or no font has it."""
    return _LOST.search(text) is not None


def without_lost_end(text: str) -> str:
    """`text` without the halves of characters at its end, where a model was stopped in the middle of one."""
    return text.rstrip("\ufffd").rstrip()
