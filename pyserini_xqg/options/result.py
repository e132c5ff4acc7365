"""What a command found or made: printed as text, or with ``--json`` as one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON_HELP = "Print what is found or made as one JSON object."


@dataclass(frozen=True)
class Result:
    """What a command prints.

    Attributes
    ----------
    values : mapping
        What ``--json`` prints: values that JSON has, and paths.
    text : str or None
        What is printed without it; None: each of `values` on a line; empty: nothing more.
    is_visible : bool
        Whether what steers a terminal is escaped in `text`; isolates around texts are meant.
    as_json : bool
        Whether ``--json`` was given.
    """

    values: Mapping[str, Any]
    text: str | None = None
    is_visible: bool = False
    as_json: bool = False
