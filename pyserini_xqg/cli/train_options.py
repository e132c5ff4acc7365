"""What the commands of ``xqg train`` have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import UsageError

# The parts of the help.
DATA, MODEL, TRAINING, MEMORY, RUN = "Data", "Model", "Training", "Memory", "Run"


class PrecisionName(StrEnum):
    """Choices of ``--precision``."""

    FP32 = "fp32"
    BF16 = "bf16"


class KeepName(StrEnum):
    """Choices of ``--keep``."""

    BEST = "best"
    LAST = "last"


class FormatName(StrEnum):
    """Choices of ``--format``."""

    TEVATRON = "tevatron"
    DPR = "dpr"
    NQ = "nq"
    XOR_TYDI = "xor-tydi"
    SQUAD = "squad"
    AFRIQA = "afriqa"


def texts_of(paths: Iterable[Path] | None) -> tuple[str, ...] | None:
    """Paths as settings have them; None where none is given."""
    return tuple(str(path) for path in paths) if paths else None


def require(option: str, name: str, given: Mapping[str, Any], table: Mapping[str, Any]) -> None:
    """Refuse a command without an option that the file of ``--config`` does not have either.

    Raises
    ------
    UsageError
        That is so.
    """
    if given[name] is None and name not in table:
        raise UsageError(f"{option} is missing: give it, or {name} in the file of --config")


def scores_of(scores: Mapping[str, float]) -> dict[str, str]:
    """Scores as they are printed."""
    return {name: f"{value:.4f}" for name, value in scores.items()}
