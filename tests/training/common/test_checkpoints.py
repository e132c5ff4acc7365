from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pyserini_xqg.errors import XqgError
from pyserini_xqg.storage.workspace import Workspace, working_folder
from pyserini_xqg.training.common.checkpoints import Checkpoints, ProgressBar, best_step, figures

HISTORY: list[dict[str, float]] = [
    {"step": 0, "eval_dev": 0.9},
    {"step": 1, "loss": 3.0},
    {"step": 2, "eval_dev": 0.4},
    {"step": 4, "eval_dev": 0.6},
    {"step": 6, "eval_dev": 0.6},
]


def test_the_best_checkpoint_is_the_first_of_the_best_and_never_the_start() -> None:
    assert figures(HISTORY) == {0: 0.9, 2: 0.4, 4: 0.6, 6: 0.6}
    assert best_step(HISTORY) == 4
    assert best_step(HISTORY[:2]) is None


def test_what_is_not_recorded_goes_and_what_is_replaced_too(
    settings: Callable[..., Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with working_folder(tmp_path / "model") as folder:
        workspace = Workspace(tmp_path / "model", {"settings": {}, "inputs": {}})
        place = folder / "checkpoints"
        checkpoints = Checkpoints(workspace, place, None, 2, settings(), is_scored=True)
        assert checkpoints.last() is None
        for step in (2, 4, 6):
            (place / f"checkpoint-{step}").mkdir(parents=True)
            for name in ("model.safetensors", "optimizer.pt", "rng_state.pth"):
                (place / f"checkpoint-{step}" / name).touch()
            state: Any = SimpleNamespace(is_world_process_zero=True, global_step=step, log_history=HISTORY)
            checkpoints.on_save(None, state, None)
        (place / "checkpoint-8").mkdir()
        assert checkpoints.last() == place / "checkpoint-6"
        assert {file.name: {each.name for each in file.iterdir()} for file in place.iterdir()} == {
            "checkpoint-4": {"model.safetensors"},  # the best, of which nothing goes on
            "checkpoint-6": {"model.safetensors", "optimizer.pt", "rng_state.pth"},
        }
        assert checkpoints.chosen(HISTORY, 6) == 4
        assert "no better on dev than the one it started from" in caplog.text
        assert Checkpoints(workspace, place, None, 2, settings(keep="last"), True).chosen(HISTORY, 6) == 6


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    bar = ProgressBar(3, shown=False)
    state: Any = SimpleNamespace(global_step=2)
    bar.on_train_begin(None, state, None)
    bar.on_log(None, state, None, logs={"loss": 1.0, "eval_dev": 0.5})
    with pytest.raises(XqgError, match="the loss is nan at step 2; give a lower --learning-rate"):
        bar.on_log(None, state, None, logs={"loss": float("nan")})
    bar.on_train_end(None, state, None)
