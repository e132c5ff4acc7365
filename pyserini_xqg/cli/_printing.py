"""Printing of what a command made, with nothing in it that steers a terminal."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from pyserini_xqg.collection.visible_text import visible


def say(text: object, file: TextIO | None = None, end: str = "\n") -> None:
    """Print on standard output, or in `file`."""
    print(visible(str(text)), file=file or sys.stdout, end=end, flush=True)


def print_values(values: dict[str, Any]) -> None:
    """One value a line, on standard output."""
    for name, value in values.items():
        if isinstance(value, dict):
            value = _listed(value)
        elif name.endswith("_bytes"):
            name, value = name.removesuffix("_bytes"), None if value is None else f"{value / 1e9:,.3f} GB"
        elif name == "seconds":
            name, value = "time", f"{value / 3600:,.2f} h"
        elif isinstance(value, int):
            value = f"{value:,}"
        say(f"{name.replace('_', ' ')}: {'unknown' if value is None else value}")


def _listed(counts: dict[str, Any]) -> str:
    """``ar 5, bn 4``, or ``ar (duplicate 5, empty 1)`` for counts of counts."""
    words = (
        f"{key} ({_listed(count)})" if isinstance(count, dict) else f"{key} {count:,}" for key, count in counts.items()
    )
    return ", ".join(words) or "none"
