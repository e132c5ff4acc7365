"""Writes catalogues of gettext, as msgfmt does."""

from __future__ import annotations

from collections.abc import Mapping
from struct import pack


def catalog(messages: Mapping[str, str], order: str = "<") -> bytes:
    """The bytes of a ``.mo`` file."""
    texts = [text.encode() for pair in zip(*sorted(messages.items()), strict=True) for text in pair]
    header, tables = 28, 8 * len(texts)
    content, places = b"", b""
    for text in texts:
        places += pack(f"{order}2I", len(text), header + tables + len(content))
        content += text + b"\0"
    magic = pack(f"{order}I", 0x950412DE)
    return magic + pack(f"{order}6I", 0, len(messages), header, header + tables // 2, 0, 0) + places + content
