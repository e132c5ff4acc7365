"""sentence-transformers' trainer, with our batches, our checkpoints, and nothing that reports to anyone.

Checkpoints stand in ``checkpoints/`` of the working folder: a model each, in safetensors, and beside it the state of
the optimizer, the schedule and the random numbers as PyTorch pickles, which transformers reads with ``weights_only``.
They never leave the working folder.
"""

from __future__ import annotations

import logging
import math
import os
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from torch.utils.data import BatchSampler, DataLoader, Dataset
from tqdm import tqdm
from transformers import TrainerCallback
from transformers.trainer_callback import PrinterCallback

from pyserini_xqg.artifact import Workspace
from pyserini_xqg.encoding.loading import quiet_loading
from pyserini_xqg.errors import UsageError, XqgError
from pyserini_xqg.training.dev import FIGURE, DevScorer
from pyserini_xqg.training.memory import memory_advice
from pyserini_xqg.training.settings import TrainerSettings

CHECKPOINTS = "checkpoints"
# What only a run that goes on needs.
STATE_FILES = ("optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state*.pth", "training_args.bin")
# What a tokenizer's file keeps of its last call, and of how it was read.
OF_CALLS = ("max_length", "stride", "truncation_strategy", "pad_to_multiple_of", "is_local", "local_files_only")

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class Outcome:
    """What a run of the trainer came to.

    Attributes
    ----------
    history : list of dict
        What the trainer logged: per step ``loss``, ``learning_rate``, ``grad_norm``, ``epoch``; per checkpoint the
        scores on dev (``eval_RR@10``, ...).
    steps, chosen_step : int
        Of the run, and of the checkpoint that is the model.
    model : SentenceTransformer
        As of that checkpoint, on the CPU; in the processes that do not write, as it was at the end.
    """

    history: list[dict[str, float]]
    steps: int
    chosen_step: int
    model: SentenceTransformer


def processes() -> int:
    """How many processes train together (``accelerate launch``)."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this process is the one that writes."""
    return os.environ.get("RANK", "0") == "0"


def batch_size_of_a_process(settings: TrainerSettings) -> int:
    """The share of the batch that one process has.

    Raises
    ------
    UsageError
        The batch cannot be shared out.
    """
    size, rest = divmod(settings.batch_size, processes())
    if rest or not size:
        raise UsageError(
            f"a batch of {settings.batch_size} cannot be shared by {processes()} processes; choose a multiple"
        )
    return size


def steps_of_an_epoch(batches: int) -> int:
    """Steps that the batches of an epoch make for all processes together."""
    return math.ceil(batches / processes())


def run_trainer(
    model: SentenceTransformer,
    loss: torch.nn.Module,
    rows: Dataset[Any],
    batches: BatchSampler,
    collate: Any,
    scorer: DevScorer | None,
    workspace: Workspace,
    settings: TrainerSettings,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Outcome:
    """Train, from the start or from the last checkpoint that is whole.

    Parameters
    ----------
    model : SentenceTransformer
        Changed in place.
    loss : Module
        Takes (list of features, labels), as sentence-transformers' losses.
    rows, batches, collate
        The data: with ``set_epoch`` `batches` is told which epoch comes.
    scorer : DevScorer or None
    workspace : Workspace
        Where checkpoints go and are recorded.
    settings : TrainerSettings
    device : str or None
        ``cpu``, or the best there is.
    show_progress : bool

    Raises
    ------
    XqgError
        Memory ran out, or the loss is no number any more.
    """
    place = workspace.folder / CHECKPOINTS
    per_epoch = steps_of_an_epoch(len(batches))
    steps = per_epoch * settings.epochs
    arguments = SentenceTransformerTrainingArguments(
        **trainer_arguments(settings, place, steps, device),
        per_device_train_batch_size=batch_size_of_a_process(settings),
        num_train_epochs=settings.epochs,
    )
    use_one_gpu(arguments)
    if settings.gradient_checkpointing:
        with warnings.catch_warnings():
            # Its new name is not in every transformers that we take.
            warnings.simplefilter("ignore", FutureWarning)
            model.gradient_checkpointing_enable({"use_reentrant": False})
    checkpoints = Checkpoints(workspace, place, batches, per_epoch, settings, scorer is not None)
    trainer = _Trainer(
        model=model,
        args=arguments,
        train_dataset=rows,
        loss=loss,
        evaluator=scorer,
        data_collator=collate,
        callbacks=[checkpoints, Progress(steps, show_progress and is_main_process())],
    )
    trainer.batches = batches
    trainer.remove_callback(PrinterCallback)
    last = checkpoints.last()
    if last is not None:
        log.info("going on after step %s of %s", f"{workspace.parts_done:,}", f"{steps:,}")
    with memory_advice(settings), quiet_loading():
        trainer.train(resume_from_checkpoint=None if last is None else str(last))
        trainer.accelerator.wait_for_everyone()
        chosen = checkpoints.chosen(trainer.state.log_history, steps)
        # The process that writes takes the checkpoints away as soon as it has finished.
        finished = model
        if is_main_process():
            finished = SentenceTransformer(str(place / f"checkpoint-{chosen}"), device="cpu")
            forget_calls(finished.tokenizer)
    return Outcome(trainer.state.log_history, steps, chosen, finished)


def trainer_arguments(settings: TrainerSettings, place: Path, steps: int, device: str | None) -> dict[str, Any]:
    """What transformers' trainer is told in every training.

    Parameters
    ----------
    settings : TrainerSettings
    place : Path
        For checkpoints.
    steps : int
        In all.
    device : str or None
    """
    return {
        "output_dir": str(place),
        "learning_rate": settings.learning_rate,
        "warmup_steps": math.ceil(settings.warmup_ratio * steps),
        "lr_scheduler_type": "linear",
        "optim": "adamw_torch",
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.max_grad_norm,
        "seed": settings.seed,
        "bf16": settings.precision == "bf16",
        "use_cpu": device == "cpu",
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        # Our own callback says when.
        "eval_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def use_one_gpu(arguments: Any) -> None:
    """Several GPUs are several processes; without them one is used, never torch's DataParallel."""
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1


def forget_calls(tokenizer: Any) -> None:
    """Take out of a tokenizer what the last call left in it, such as the maximum length of a question."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        backend.no_truncation()
        backend.no_padding()
    for name in OF_CALLS:
        tokenizer.init_kwargs.pop(name, None)


def best_step(history: list[dict[str, float]]) -> int | None:
    """The first of the checkpoints with the best figure on dev."""
    scored = [(each[f"eval_{FIGURE}"], -each["step"]) for each in history if f"eval_{FIGURE}" in each]
    return int(-max(scored)[1]) if scored else None


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
        done = self._workspace.parts_done
        if is_main_process():
            for folder in self._place.glob("checkpoint-*"):
                if int(folder.name.split("-")[1]) > done:
                    shutil.rmtree(folder)
        return self._place / f"checkpoint-{done}" if done else None

    def chosen(self, history: list[dict[str, float]], steps: int) -> int:
        """The step whose checkpoint becomes the model."""
        return (best_step(history) if self._keeps_best else None) or steps

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
        self._workspace.record(state.global_step)
        best = best_step(state.log_history) if self._keeps_best else None
        for folder in self._place.glob("checkpoint-*"):
            step = int(folder.name.split("-")[1])
            if step == best and step != state.global_step:
                for file in (file for pattern in STATE_FILES for file in folder.glob(pattern)):
                    file.unlink()
            elif step != state.global_step:
                shutil.rmtree(folder)


class Progress(TrainerCallback):
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


class _Trainer(SentenceTransformerTrainer):
    """The trainer over rows that are drawn by the epoch."""

    batches: BatchSampler

    def preprocess_dataset(self, dataset: Any = None, dataset_name: str | None = None) -> Any:
        """As it is."""
        return dataset

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """None: the model card is ours."""

    def get_train_dataloader(self) -> Any:
        """Our batches."""
        rows: Any = self.train_dataset
        loader: DataLoader[Any] = DataLoader(
            rows,
            batch_sampler=self.batches,
            collate_fn=self.data_collator,
            pin_memory=self.args.device.type == "cuda",
            # Of its own, or each epoch would take a number from the stream that dropout takes its from, and a run that
            # goes on within an epoch would not.
            generator=torch.Generator().manual_seed(self.args.seed),
        )
        # A process without a batch would keep the others waiting.
        self.accelerator.even_batches = True
        return self.accelerator.prepare(loader)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """The model alone: no pickled arguments, no model card."""
        assert output_dir is not None
        self.model.save_pretrained(output_dir, create_model_card=False)
