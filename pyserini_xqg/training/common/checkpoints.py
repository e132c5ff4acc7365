"""Checkpoints of a training, and the progress bar between them.

Checkpoints stand in ``checkpoints/`` of the working folder: a model each, in safetensors, and beside it the state of
the optimizer, the schedule and the random numbers as PyTorch pickles, which transformers reads with ``weights_only``.
They never leave the working folder.
"""

from __future__ import annotations

import logging
import math
import shutil
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback

from pyserini_xqg.errors import XqgError
from pyserini_xqg.storage.workspace import Workspace
from pyserini_xqg.training.common.environment import is_main_process
from pyserini_xqg.training.common.settings import TrainerSettings

CHECKPOINTS = "checkpoints"
# What the trainer calls the figure that says which checkpoint is best.
FIGURE = "dev"
# What only a run that goes on needs.
STATE_FILES = ("optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state*.pth", "training_args.bin")

log = logging.getLogger("pyserini_xqg")


def figures(history: list[dict[str, float]]) -> dict[int, float]:
    """Step to figure on dev; step 0 is the model that training starts from."""
    return {int(each["step"]): each[f"eval_{FIGURE}"] for each in history if f"eval_{FIGURE}" in each}


def best_step(history: list[dict[str, float]]) -> int | None:
    """The first of the checkpoints with the best figure on dev."""
    trained = {step: figure for step, figure in figures(history).items() if step}
    return max(trained, key=lambda step: (trained[step], -step)) if trained else None


class Checkpoints(TrainerCallback):
    """Says when to score and save, records what is whole, and keeps the last checkpoint and the best one."""

    def __init__(
        self,
        workspace: Workspace,
        place: Path,
        batches: Any,
        per_epoch: int,
        settings: TrainerSettings,
        is_scored: bool,
    ):
        self._workspace = workspace
        self._place = place
        self._batches = batches
        self._per_epoch = per_epoch
        self._every = settings.checkpoint_every or per_epoch
        self._keeps_best = settings.keep == "best" and is_scored
        self._is_scored = is_scored

    def last(self) -> Path | None:
        """The last checkpoint that was recorded; what came after it, and is not whole, goes."""
        done: int = self._workspace.notes.get("step", 0)
        if is_main_process():
            for folder in self._place.glob("checkpoint-*"):
                if int(folder.name.split("-")[1]) > done:
                    shutil.rmtree(folder)
        return self._place / f"checkpoint-{done}" if done else None

    def chosen(self, history: list[dict[str, float]], steps: int) -> int:
        """The step whose checkpoint becomes the model; where that is no better on dev than the start, it is said."""
        chosen = (best_step(history) if self._keeps_best else None) or steps
        found = figures(history)
        if 0 in found and found[chosen] <= found[0]:
            log.warning(
                "the trained model is no better on dev than the one it started from (dev.tsv, steps 0 and %s); a lower "
                "--learning-rate, or more or other data may help",
                f"{chosen:,}",
            )
        return chosen

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell the batches which epoch comes, behind whatever accelerate put around them."""
        if hasattr(self._batches, "set_epoch"):
            self._batches.set_epoch(state.global_step // self._per_epoch)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Every so many steps, and at the end."""
        if state.global_step % self._every == 0 or state.global_step >= state.max_steps:
            control.should_save = True
            control.should_evaluate = self._is_scored

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The checkpoint is whole: record it, then take away those that it replaces."""
        if not state.is_world_process_zero:
            return
        self._workspace.record(step=state.global_step)
        best = best_step(state.log_history) if self._keeps_best else None
        for folder in self._place.glob("checkpoint-*"):
            step = int(folder.name.split("-")[1])
            if step == best and step != state.global_step:
                for file in (file for pattern in STATE_FILES for file in folder.glob(pattern)):
                    file.unlink()
            elif step != state.global_step:
                shutil.rmtree(folder)


class ProgressBar(TrainerCallback):
    """A progress bar with the loss and the last figure on dev; a loss that is no number ends the run."""

    def __init__(self, steps: int, shown: bool):
        self._steps = steps
        self._shown = shown
        self._bar: Any = None
        self._said: dict[str, str] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the bar where the run goes on."""
        self._bar = tqdm(total=self._steps, initial=state.global_step, unit="step", disable=not self._shown)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """One step."""
        self._bar.update()

    def on_log(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Show the loss, and look at it.

        Raises
        ------
        XqgError
            It is no number.
        """
        logs: dict[str, float] = others["logs"]
        if "loss" in logs:
            if not math.isfinite(logs["loss"]):
                raise XqgError(
                    f"the loss is {logs['loss']} at step {state.global_step:,}; give a lower --learning-rate, a "
                    "smaller "
                    "--scale, or --precision fp32"
                )
            self._said["loss"] = f"{logs['loss']:.4f}"
        if f"eval_{FIGURE}" in logs:
            self._said["dev"] = f"{logs[f'eval_{FIGURE}']:.4f}"
        self._bar.set_postfix(self._said, refresh=False)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Leave the bar as it is."""
        self._bar.close()
