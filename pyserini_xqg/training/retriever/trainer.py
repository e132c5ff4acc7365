"""Trainer of a retriever: sentence-transformers' own, with our batches and checkpoints, reporting to no one.

Checkpoints are as in :mod:`pyserini_xqg.training.common.checkpoints`.
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from torch.utils.data import DataLoader, Dataset
from transformers.trainer_callback import PrinterCallback

from pyserini_xqg.encoding.loading import quiet_loading
from pyserini_xqg.storage.workspace import Workspace
from pyserini_xqg.training.common.checkpoints import CHECKPOINTS, Checkpoints, ProgressBar
from pyserini_xqg.training.common.environment import batch_size_of_a_process, is_main_process, steps_of_an_epoch
from pyserini_xqg.training.common.memory import memory_advice
from pyserini_xqg.training.common.trainer import forget_calls, trainer_arguments, use_one_gpu
from pyserini_xqg.training.data.batches import EpochBatches
from pyserini_xqg.training.retriever.dev_scorer import DevScorer
from pyserini_xqg.training.retriever.memory import retriever_advice
from pyserini_xqg.training.retriever.settings import RetrieverSettings

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class RetrieverOutcome:
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


def run_retriever_trainer(
    model: SentenceTransformer,
    loss: torch.nn.Module,
    rows: Dataset[Any],
    batches: EpochBatches,
    collate: Any,
    scorer: DevScorer | None,
    workspace: Workspace,
    settings: RetrieverSettings,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> RetrieverOutcome:
    """Train, from the start or from the last checkpoint that is whole.

    Parameters
    ----------
    model : SentenceTransformer
        Changed in place.
    loss : Module
        Takes (list of features, labels), as sentence-transformers' losses.
    rows, batches, collate
        The data.
    scorer : DevScorer or None
    workspace : Workspace
        Where checkpoints go and are recorded.
    settings : RetrieverSettings
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
        callbacks=[checkpoints, ProgressBar(steps, show_progress and is_main_process())],
    )
    trainer.batches = batches
    trainer.remove_callback(PrinterCallback)
    last = checkpoints.last()
    trainer.args.eval_on_start = scorer is not None and last is None
    if last is not None:
        log.info("going on after step %s of %s", f"{workspace.notes['step']:,}", f"{steps:,}")
    with memory_advice(settings, retriever_advice), quiet_loading():
        trainer.train(resume_from_checkpoint=None if last is None else str(last))
        trainer.accelerator.wait_for_everyone()
        chosen = checkpoints.chosen(trainer.state.log_history, steps)
        # The process that writes takes the checkpoints away as soon as it has finished.
        finished = model
        if is_main_process():
            finished = SentenceTransformer(str(place / f"checkpoint-{chosen}"), device="cpu")
            forget_calls(finished.tokenizer)
    return RetrieverOutcome(trainer.state.log_history, steps, chosen, finished)


class _Trainer(SentenceTransformerTrainer):
    """The trainer over rows that are drawn by the epoch."""

    batches: EpochBatches

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
        # Each step has a batch for every process as it is, and none is to be filled up with others.
        self.accelerator.even_batches = False
        return self.accelerator.prepare(loader)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """The model alone: no pickled arguments, no model card."""
        assert output_dir is not None
        self.model.save_pretrained(output_dir, create_model_card=False)
