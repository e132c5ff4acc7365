from __future__ import annotations

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.common.settings import TrainerSettings


def test_the_identity_leaves_out_what_changes_memory_only() -> None:
    plain = TrainerSettings(base="b")
    assert TrainerSettings(base="b", mini_batch=4, gradient_checkpointing=True).identity() == plain.identity()
    assert TrainerSettings(base="b", epochs=3).identity() != plain.identity()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"batch_size": 0}, "batch_size is 0: at least 1"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0: more than 0"),
        ({"warmup_ratio": 1.5}, "warmup_ratio is 1.5: a share from 0 to 1"),
        ({"weight_decay": -1.0}, "weight_decay is -1.0: 0 or more"),
        ({"seed": -1}, "seed is -1: a number from 0"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        TrainerSettings(base="b", **given)  # type: ignore[arg-type]
