"""Paths in settings, which manifests and TOML files keep as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def keep_as_text(settings: Any, *fields: str) -> None:
    """Turn every path in the named fields of frozen settings, or in a tuple there, into its text."""
    for name in fields:
        value = getattr(settings, name)
        if isinstance(value, tuple | list):
            object.__setattr__(settings, name, tuple(map(_text, value)))
        else:
            object.__setattr__(settings, name, _text(value))


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
