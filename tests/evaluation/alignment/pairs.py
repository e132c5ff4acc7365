"""Random pairs of vectors, and their similarities by brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def pairs(seed: int, size: int, noise: float = 1.0) -> tuple[Array, Array]:
    random = np.random.default_rng(seed)
    english = random.standard_normal((size, 8)) * random.uniform(0.5, 3, (size, 1))
    others = english + noise * random.standard_normal((size, 8))
    return english.astype(np.float32), others.astype(np.float32)


def by_hand(english: Array, others: Array, name: str) -> list[list[float]]:
    """Every similarity, one pair at a time, from the papers' formulas."""
    left, right = english.astype(np.float64), others.astype(np.float64)

    def cosine(a: Array, b: Array) -> float:
        return float(a @ b / (np.sqrt(a @ a) * np.sqrt(b @ b)))

    cosines = [[cosine(a, b) for b in right] for a in left]

    def near(values: list[float], number: int) -> float:
        best = sorted(values, reverse=True)[:number]
        return sum(best) / len(best)

    rows, columns = range(len(left)), range(len(right))
    if name == "dot":
        return [[float(a @ b) for b in right] for a in left]
    if name == "cosine":
        return cosines
    number = {"margin": 4, "csls": 10}[name]
    of_row = [near(cosines[i], number) for i in rows]
    of_column = [near([cosines[i][j] for i in rows], number) for j in columns]
    if name == "margin":
        return [[cosines[i][j] / ((of_row[i] + of_column[j]) / 2) for j in columns] for i in rows]
    return [[2 * cosines[i][j] - of_row[i] - of_column[j] for j in columns] for i in rows]
