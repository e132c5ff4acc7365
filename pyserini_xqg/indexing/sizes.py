"""Sizes of memory as users write them."""

from __future__ import annotations

import re

from pyserini_xqg.errors import UsageError

UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?", re.IGNORECASE)


def bytes_of(name: str, text: str) -> int:
    """A size such as 15G or 500M, in units of 1,024.

    Parameters
    ----------
    name : str
        Of the setting, for the message.
    text : str

    Raises
    ------
    UsageError
        It is no such size.
    """
    found = SIZE.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise UsageError(f"{name} is {text!r}: a size such as 15G or 500M is expected")
    return int(float(found[1]) * UNITS[found[2].upper()])


def said_bytes(size: float) -> str:
    """A size as :func:`bytes_of` takes it."""
    unit = "G" if size >= UNITS["G"] else "M"
    return f"{size / UNITS[unit]:.1f}{unit}"
