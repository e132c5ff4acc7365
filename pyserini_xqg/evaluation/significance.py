"""Whether a difference is more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same questions, each a hit or not.

    Attributes
    ----------
    won, lost : int
        Questions that only the new system, and that only the old one, answers.
    p : float
        Exact two-sided McNemar test: the chance of a split at least as uneven if both were equally good.
    """

    won: int
    lost: int
    p: float


def mcnemar(old: Sequence[bool], new: Sequence[bool]) -> Comparison:
    """Compare two systems by the exact McNemar test (McNemar 1947; exact form: the binomial test on the discordant
    pairs).

    Parameters
    ----------
    old, new : sequences of bool
        Hits on the same questions in the same order.
    """
    won = sum(b and not a for a, b in zip(old, new, strict=True))
    lost = sum(a and not b for a, b in zip(old, new, strict=True))
    p = float(binomtest(won, won + lost, 0.5).pvalue) if won + lost else 1.0
    return Comparison(won, lost, p)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's correction (1979) of p values that are looked at together."""
    corrected: dict[str, float] = {}
    largest = 0.0
    for rank, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p))
        corrected[name] = largest
    return corrected
