from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.export.scaling import ROUNDING, divisor_of


@given(st.floats(min_value=0, max_value=2.0**99, width=32, allow_subnormal=False))
def test_scaled_vectors_are_no_longer_than_one_and_scaling_is_exact(length: float) -> None:
    divisor = divisor_of(length)
    assert length / divisor <= 1 + ROUNDING
    assert divisor == 1 or length / divisor > 0.5
    value = np.float32(length)
    assert value < 1 or np.float32(value / np.float32(divisor)) * np.float32(divisor) == value
