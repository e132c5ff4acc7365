"""Text of a passage, cut to what a server has room for."""

from __future__ import annotations

# The tokenizer is the server's; in most scripts a token has about so many bytes of UTF-8.
TOKEN_BYTES = 4
# Fewer tokens of a passage than these are no passage.
LEAST_TOKENS = 32


def cut_text(text: str, size: int) -> str:
    """As much of a text as has `size` bytes, whole words where there are blanks."""
    if len(text.encode()) <= size:
        return text
    cut = text.encode()[:size].decode("utf-8", "ignore")
    head, blank, _ = cut.rpartition(" ")
    return head if blank and not text[len(cut) :].startswith(" ") else cut


def half_text(text: str) -> str | None:
    """Half of a text; None where too little would be left."""
    size = len(text.encode()) // 2
    return cut_text(text, size) if size >= LEAST_TOKENS * TOKEN_BYTES else None
