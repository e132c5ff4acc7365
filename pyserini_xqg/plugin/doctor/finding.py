"""Findings of the examination: a subject, what was found, and where that is a fault what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was found of a subject; where that is a fault, `advice` says what to do."""

    subject: str
    found: str
    advice: str | None = None
