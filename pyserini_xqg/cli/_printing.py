"""Printing of what a command made, with nothing in it that steers a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from pyserini_xqg.collection.visible_text import visible
from pyserini_xqg.options.result import Result


def say(text: object, file: TextIO | None = None, end: str = "\n") -> None:
    """Print on standard output, or in `file`."""
    print(visible(str(text)), file=file or sys.stdout, end=end, flush=True)


def print_result(result: Result) -> None:
    """What a command found or made, on standard output."""
    if result.as_json and result.values:
        # Paths are the only values that JSON does not have.
        say(json.dumps(result.values, indent=2, ensure_ascii=False, default=str))
    elif result.text is None:
        print_values(result.values)
    elif result.text and not result.as_json:
        text = result.text.removesuffix("\n")
        print(text if result.is_visible else visible(text), flush=True)


def print_values(values: Mapping[str, Any]) -> None:
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
        elif isinstance(value, float):
            value = f"{value:.4f}"
        say(f"{name.replace('_', ' ')}: {'unknown' if value is None else value}")


def _listed(counts: dict[str, Any]) -> str:
    """``ar 5, bn 4``, or ``ar (duplicate 5, empty 1)`` for counts of counts."""
    words = (
        f"{key} ({_listed(count)})" if isinstance(count, dict) else f"{key} {count:,}" for key, count in counts.items()
    )
    return ", ".join(words) or "none"
