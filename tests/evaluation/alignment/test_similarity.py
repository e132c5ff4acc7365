from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.similarity import SIMILARITIES, Similarity
from tests.evaluation.alignment.pairs import by_hand, pairs

Array = npt.NDArray[Any]


@pytest.mark.parametrize("name", SIMILARITIES)
def test_similarities_are_those_of_the_papers_in_both_directions(name: str) -> None:
    english, others = pairs(3, 30)
    found = Similarity(name, english, others)
    ((_, forwards),) = found.from_left()
    ((_, backwards),) = found.from_right()
    np.testing.assert_allclose(forwards.numpy(), by_hand(english, others, name), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(backwards.numpy().T, forwards.numpy(), rtol=1e-5, atol=1e-6)


def test_other_similarities_are_refused() -> None:
    with pytest.raises(UsageError, match="similarity is 'l2'"):
        Similarity("l2", *pairs(0, 3))
