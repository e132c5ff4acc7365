from __future__ import annotations

import numpy as np
import pytest
import torch

from pyserini_xqg.evaluation.sweep.top_passages import TopPassages

ALPHAS = (0.0, 0.1, 0.35, 0.7, 1.0)


@pytest.mark.parametrize("sizes", [(40,), (8, 12, 20), (8, 1, 30, 1)])
def test_the_highest_scores_are_kept_for_every_weight_however_passages_come(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(sizes))
    passages, queries = (torch.from_numpy(rng.standard_normal((3, 40), dtype=np.float32)) for _ in range(2))
    top = TopPassages(3, 8, ALPHAS)
    start = 0
    for size in sizes:
        top.add(passages[:, start : start + size], queries[:, start : start + size], start)
        start += size
    rows, scores = top.result(len(ALPHAS))
    for point, alpha in enumerate(ALPHAS):
        expected = ((1 - alpha) * passages + alpha * queries).numpy()[:, : sum(sizes)]
        np.testing.assert_array_equal(rows[point], np.argsort(-expected, axis=1)[:, :8])
        np.testing.assert_allclose(scores[point], -np.sort(-expected, axis=1)[:, :8], atol=1e-6)


def test_those_of_one_weight_stand_for_several_points() -> None:
    top = TopPassages(1, 2, (0.0,))
    scores = torch.tensor([[0.5, 0.5, 0.9]])
    top.add(scores, scores, 0)
    rows, found = top.result(3)
    assert rows.tolist() == [[[2, 0]]] * 3 and found.shape == (3, 1, 2)
