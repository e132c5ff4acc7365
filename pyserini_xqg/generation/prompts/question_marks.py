"""Marks that end a question, in any script."""

from __future__ import annotations

import re

# With quotes, brackets and the like behind them. A semicolon is the Greek one, a danda ends Hindi's.
_MARK = re.compile(r"[?？؟;⸮।॥።፧]\W*$")


def is_marked(text: str) -> bool:
    """Whether a text ends as a question does."""
    return _MARK.search(text) is not None
