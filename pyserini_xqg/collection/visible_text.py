"""Text of files as it can be shown: nothing in it steers a terminal, or the order of what stands beside it."""

from __future__ import annotations

import re

# Control characters but line ends and tabs; embeddings, overrides and isolates of directions, which marks are not.
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    r"""`text` with such characters as Python and JSON write them: ``\u001b`` for escape."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
