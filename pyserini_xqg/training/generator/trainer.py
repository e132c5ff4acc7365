"""Trainer of a generator: transformers' own, over pairs of passage and question.

One class serves sequence-to-sequence and language models, all weights and LoRA: the forms give each its arguments, and
the loss is ours. Seq2SeqTrainer would add the generation of texts while dev is scored, nothing else.

Checkpoints are as in :mod:`pyserini_xqg.training.common.checkpoints`; with LoRA only what was added is in them.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from torch.utils.data import DataLoader
from transformers import TrainingArguments
from transformers.trainer_callback import PrinterCallback

from pyserini_xqg.encoding.loading import quiet_loading
from pyserini_xqg.errors import XqgError
from pyserini_xqg.storage.workspace import Workspace
from pyserini_xqg.training.common.checkpoints import CHECKPOINTS, FIGURE, Checkpoints, ProgressBar
from pyserini_xqg.training.common.environment import is_main_process, processes
from pyserini_xqg.training.common.memory import memory_advice
from pyserini_xqg.training.common.trainer import trainer_arguments, use_one_gpu
from pyserini_xqg.training.generator.forms import NO_TARGET, GeneratorForm, target_losses
from pyserini_xqg.training.generator.memory import generator_advice
from pyserini_xqg.training.generator.pairs import GeneratorPair, Pairs, StepBatches
from pyserini_xqg.training.generator.settings import GeneratorSettings

# Where the settings don't say how often.
CHECKPOINTS_IN_ALL = 20
# The name of the loss on dev in logs and tables: the mean negative log-likelihood of a token.
NLL = "NLL"

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class GeneratorOutcome:
    """What a run of the trainer came to.

    Attributes
    ----------
    history : list of dict
        Per step ``loss``, ``learning_rate``, ``grad_norm``, ``epoch``; per checkpoint ``eval_NLL``, ``eval_NLL fi``.
    chosen_step : int
        Of the checkpoint that is the model.
    """

    history: list[dict[str, float]]
    chosen_step: int


class DevLoss:
    """The loss on pairs that are not learned from: a mean over the tokens of all questions.

    Parameters
    ----------
    pairs : sequence of GeneratorPair
    form : GeneratorForm
    mini_batch : int
        Pairs that go through the model at once.
    """

    def __init__(self, pairs: Sequence[GeneratorPair], form: GeneratorForm, mini_batch: int):
        self._pairs = sorted(pairs, key=lambda pair: -pair.characters)
        self._form = form
        self._size = mini_batch
        self._languages = sorted({pair.language for pair in pairs})

    def __call__(self, model: Any, accelerator: Any = None) -> dict[str, float]:
        """``NLL``, and ``NLL fi`` and the like; with an accelerator its processes share the work."""
        rank, count = (accelerator.process_index, accelerator.num_processes) if accelerator is not None else (0, 1)
        device = next(model.parameters()).device
        sums = torch.zeros(len(self._languages), 2, dtype=torch.float64)
        learning = model.training
        model.eval()
        starts = range(0, len(self._pairs), self._size)
        with torch.no_grad():
            for start in starts[rank::count]:
                pairs = self._pairs[start : start + self._size]
                batch = {name: _on(device, value) for name, value in self._form(pairs).items()}
                losses = target_losses(model, batch).sum(dim=1, dtype=torch.float64).cpu()
                tokens = (batch["targets"] != NO_TARGET).sum(dim=1).cpu()
                for pair, loss, number in zip(pairs, losses, tokens, strict=True):
                    sums[self._languages.index(pair.language)] += torch.stack([loss, number.double()])
        model.train(learning)
        if count > 1:
            sums = accelerator.reduce(sums.to(device), reduction="sum").cpu()
        total = sums.sum(dim=0)
        values = {NLL: float(total[0] / total[1])}
        return values | {
            f"{NLL} {language}": float(loss / tokens)
            for language, (loss, tokens) in zip(self._languages, sums.tolist(), strict=True)
        }


def checkpoint_steps(settings: GeneratorSettings, steps: int) -> int:
    """How many steps there are from checkpoint to checkpoint."""
    return settings.checkpoint_every or math.ceil(steps / CHECKPOINTS_IN_ALL)


def run_generator_trainer(
    model: Any,
    form: GeneratorForm,
    train: Sequence[GeneratorPair],
    dev: Sequence[GeneratorPair],
    steps: int,
    workspace: Workspace,
    settings: GeneratorSettings,
    *,
    device: str,
    show_progress: bool = False,
) -> GeneratorOutcome:
    """Train, from the start or from the last checkpoint that is whole.

    Parameters
    ----------
    model : PreTrainedModel or PeftModel
        Changed in place.
    form : GeneratorForm
    train, dev : sequence of GeneratorPair
        `dev` may be empty.
    steps : int
    workspace : Workspace
        Where checkpoints go and are recorded.
    settings : GeneratorSettings
    device : str
        ``cpu``, or anything else for the best there is.
    show_progress : bool

    Raises
    ------
    XqgError
        Memory ran out, or the loss is no number any more.
    """
    place = workspace.folder / CHECKPOINTS
    rank = int(os.environ.get("RANK", "0"))
    batches = StepBatches(train, settings.batch_size, settings.mini_batch, steps, settings.seed, processes(), rank)
    arguments = TrainingArguments(
        **trainer_arguments(settings, place, steps, device),
        per_device_train_batch_size=min(settings.mini_batch or settings.batch_size, settings.batch_size),
        gradient_accumulation_steps=batches.pieces,
        # All steps are one epoch to the trainer: where the data begin anew is for the batches to know.
        num_train_epochs=1,
        remove_unused_columns=False,
    )
    use_one_gpu(arguments)
    if settings.gradient_checkpointing:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    checkpoints = Checkpoints(workspace, place, None, checkpoint_steps(settings, steps), settings, bool(dev))
    trainer = _Trainer(
        model=model,
        args=arguments,
        train_dataset=Pairs(train),
        data_collator=form,
        callbacks=[checkpoints, _LossBar(steps, show_progress and is_main_process())],
    )
    trainer.model_accepts_loss_kwargs = True  # the loss is a mean over the tokens of the whole batch already
    trainer.batches = batches
    trainer.dev = DevLoss(dev, form, arguments.per_device_train_batch_size) if dev else None
    trainer.remove_callback(PrinterCallback)
    last = checkpoints.last()
    trainer.args.eval_on_start = bool(dev) and last is None
    if last is not None:
        log.info("going on after step %s of %s", f"{workspace.notes['step']:,}", f"{steps:,}")
    with memory_advice(settings, generator_advice), quiet_loading():
        trainer.train(resume_from_checkpoint=None if last is None else str(last))
        trainer.accelerator.wait_for_everyone()
    history = [{**each, "epoch": each["step"] * settings.batch_size / len(train)} for each in trainer.state.log_history]
    return GeneratorOutcome(history, checkpoints.chosen(history, steps))


def _on(device: Any, value: Any) -> Any:
    return value.to(device) if isinstance(value, torch.Tensor) else value


class _LossBar(ProgressBar):
    """A progress bar with the loss, that on dev too."""

    def on_log(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Show the loss, and look at it.

        Raises
        ------
        XqgError
            It is no number.
        """
        logs: Mapping[str, float] = others["logs"]
        if not math.isfinite(logs.get("loss", 0.0)):
            raise XqgError(
                f"the loss is {logs['loss']} at step {state.global_step:,}; give a lower --learning-rate or "
                "--precision fp32"
            )
        for name, label in (("loss", "loss"), (f"eval_{NLL}", "dev loss")):
            if name in logs:
                self._said[label] = f"{logs[name]:.4f}"
        self._bar.set_postfix(self._said, refresh=False)


class _Trainer(transformers.Trainer):
    """The trainer with our batches and our loss."""

    batches: StepBatches
    dev: DevLoss | None

    def get_train_dataloader(self) -> Any:
        """Our batches; each process has its own already."""
        rows: Any = self.train_dataset
        loader: DataLoader[Any] = DataLoader(
            rows,
            batch_sampler=self.batches,
            collate_fn=self.data_collator,
            pin_memory=self.args.device.type == "cuda",
            # Of its own, or a run that goes on would draw other numbers for dropout.
            generator=torch.Generator().manual_seed(self.args.seed),
        )
        return loader

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> Any:
        """The pieces of a step, and how many tokens they have to write, those of the other processes included."""
        pieces = [next(epoch_iterator) for _ in range(num_batches)]
        tokens = torch.stack([(piece["targets"] != NO_TARGET).sum() for piece in pieces]).sum().to(device)
        if self.args.world_size > 1:
            tokens = self.accelerator.gather(tokens).sum()
        return pieces, tokens

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The piece's share of the mean over the tokens of the step."""
        # Gradients are averaged over the processes.
        return target_losses(model, inputs).sum() * self.args.world_size / num_items_in_batch

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Score dev; the larger the figure the better, so that it is the loss below zero."""
        assert self.dev is not None
        values = self.dev(self.model, self.accelerator)
        logs = {f"eval_{FIGURE}": -values[NLL]} | {f"eval_{name}": value for name, value in values.items()}
        self.log(logs)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, logs)
        return logs

    def floating_point_ops(self, inputs: Any) -> int:
        """Not counted."""
        return 0

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """The model alone: no pickled arguments."""
        assert output_dir is not None
        model: Any = self.model
        # Of an adapter; else peft looks at the hub for whether the base's vocabulary has changed.
        options = {"save_embedding_layers": False} if hasattr(model, "peft_config") else {}
        model.save_pretrained(output_dir, **options)
