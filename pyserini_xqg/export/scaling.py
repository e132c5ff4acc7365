"""Scaling of vectors for Lucene, whose scores cannot be negative.

Lucene's score of an inner product x is max(0, (1 + x) / 2): below -1 all passages are equal. Vectors that are longer
than 1 are divided by a power of two, all passages by the same one and each question by its own. That rounds nothing,
and no ranking changes: x = (2 score - 1) * (divisor of the passages) * (divisor of the question).
"""

from __future__ import annotations

import math

# Vectors of unit length are longer by rounding.
ROUNDING = 1e-4


def divisor_of(length: float) -> float:
    """The least power of two, at least 1, that makes a vector of `length` no longer than 1."""
    return 1.0 if length <= 1 + ROUNDING else 2.0 ** math.ceil(math.log2(length))
