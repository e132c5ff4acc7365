from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from pyserini_xqg.generation.backends._sampling import TopKSampler
from pyserini_xqg.generation.backends.base import derived_seed

NO_IDS = torch.zeros((1, 1), dtype=torch.long)
LOGITS = torch.tensor([0.3, 2.0, -1.0, 1.5, 0.0, 2.5, -0.5, 1.0])


def draws(sampler: TopKSampler, scores: torch.Tensor) -> list[int]:
    left = sampler(NO_IDS, scores.clone())
    assert ((left > -torch.inf).sum(dim=1) == 1).all()
    return left.argmax(dim=1).tolist()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_softmax_of_the_top_k(temperature: float) -> None:
    rows, steps, top_k = 1000, 10, 4
    sampler = TopKSampler([derived_seed("chi", row) for row in range(rows)], steps, top_k, temperature)
    drawn = np.concatenate([draws(sampler, LOGITS.expand(rows, -1)) for _ in range(steps)])
    best = LOGITS.topk(top_k).indices.tolist()
    expected = torch.softmax(LOGITS[best] / temperature, dim=0).double().numpy()
    counts = np.array([(drawn == token).sum() for token in best])
    assert counts.sum() == rows * steps  # nothing below the top k
    assert chisquare(counts, expected / expected.sum() * rows * steps).pvalue > 0.01


def test_the_draws_of_a_row_do_not_depend_on_its_neighbours_or_its_place() -> None:
    seeds = [derived_seed(7, f"d{row}", 0) for row in range(20)]
    scores = torch.randn((6, 20, 50), generator=torch.Generator().manual_seed(1))
    whole = TopKSampler(seeds, 6, 10)
    together = [draws(whole, step) for step in scores]
    order = [13, 2, 19]
    some = TopKSampler([seeds[row] for row in order], 6, 10)
    apart = [draws(some, step[order]) for step in scores]
    assert apart == [[step[row] for row in order] for step in together]
    assert len({tuple(column) for column in zip(*together, strict=True)}) == 20


def test_rows_with_the_same_scores_and_other_seeds_draw_other_tokens() -> None:
    sampler = TopKSampler(range(50), 1, 8)
    assert len(set(draws(sampler, LOGITS.expand(50, -1)))) > 3


def test_every_step_has_noise_of_its_own() -> None:
    sampler = TopKSampler([3], 30, 8)
    assert len({draws(sampler, LOGITS[None])[0] for _ in range(30)}) > 3


def test_top_1_is_greedy() -> None:
    sampler = TopKSampler(range(40), 1, 1)
    assert set(draws(sampler, LOGITS.expand(40, -1))) == {5}


def test_a_derived_seed_depends_on_every_value_and_their_borders() -> None:
    seeds = {
        derived_seed(*values) for values in [(1, "a", 0), (1, "a", 1), (2, "a", 0), (1, "b", 0), (1, "a0"), (11, "a")]
    }
    assert len(seeds) == 6
    assert derived_seed(1, "a", 0) == derived_seed("1", "a", "0") < 2**64
