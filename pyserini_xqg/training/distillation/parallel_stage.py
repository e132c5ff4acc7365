"""Stage 1 of DR.DECR: the student's vectors of parallel questions come near to the teacher's of the English ones."""

from __future__ import annotations

import shutil
from dataclasses import replace

from sentence_transformers import SentenceTransformer

from pyserini_xqg.encoding.loading import quiet_loading
from pyserini_xqg.storage.workspace import Workspace
from pyserini_xqg.training.common.curves import dev_scores, write_curves
from pyserini_xqg.training.common.environment import (
    batch_size_of_a_process,
    is_main_process,
    processes,
    steps_of_an_epoch,
    wait_for_everyone,
)
from pyserini_xqg.training.data.batches import EpochBatches, TextForm
from pyserini_xqg.training.distillation.losses import RepresentationLoss
from pyserini_xqg.training.distillation.parallel_batches import ParallelCollator, ParallelRows
from pyserini_xqg.training.distillation.settings import DrDecrSettings
from pyserini_xqg.training.retriever.dev_scorer import DevScorer
from pyserini_xqg.training.retriever.trainer import run_retriever_trainer

# In the working folder: the model of this stage, and its curves, which stay.
ALIGNED, PARALLEL = "parallel-model", "parallel"
# The note of the workspace that it is done.
DONE = "parallel"


def parallel_settings(settings: DrDecrSettings) -> DrDecrSettings:
    """The settings of this stage."""
    return replace(
        settings,
        epochs=settings.parallel_epochs,
        batch_size=settings.parallel_batch_size,
        learning_rate=settings.parallel_learning_rate or settings.learning_rate,
    )


def parallel_steps(settings: DrDecrSettings, pairs: int) -> int:
    """The steps of this stage for so many pairs."""
    if not pairs:
        return 0
    size = batch_size_of_a_process(parallel_settings(settings))
    return steps_of_an_epoch(-(-pairs // size)) * settings.parallel_epochs


def run_parallel_stage(
    model: SentenceTransformer,
    rows: ParallelRows,
    form: TextForm,
    scorer: DevScorer | None,
    workspace: Workspace,
    settings: DrDecrSettings,
    *,
    device: str | None,
    show_progress: bool,
) -> None:
    """Train; the model is kept in `workspace` until the end, its checkpoints are not.

    Parameters
    ----------
    model : SentenceTransformer
        The student, changed in place.
    rows : ParallelRows
        Pairs with the teacher's vectors.
    form : TextForm
    scorer : DevScorer or None
    workspace : Workspace
        Of the whole training.
    settings : DrDecrSettings
        Of the whole training.
    device : str or None
    show_progress : bool

    Raises
    ------
    XqgError
        Memory ran out, or the loss is no number any more.
    """
    own = parallel_settings(settings)
    stage = Workspace(workspace.folder / PARALLEL, workspace.identity)
    stage.folder.mkdir(parents=True, exist_ok=True)
    outcome = run_retriever_trainer(
        model,
        RepresentationLoss(model, own.mini_batch),
        rows,
        EpochBatches(rows, batch_size_of_a_process(own), processes()),
        ParallelCollator(form),
        scorer,
        stage,
        own,
        device=device,
        show_progress=show_progress,
    )
    if is_main_process():
        with quiet_loading():
            outcome.model.save_pretrained(str(workspace.folder / ALIGNED), create_model_card=False)
        curves = workspace.folder / PARALLEL
        curves.mkdir(exist_ok=True)
        measures = scorer.measures if scorer is not None else []
        write_curves(outcome.history, curves, measures)
        scored = dev_scores(outcome.history, measures)
        done = {
            "steps": outcome.steps,
            "chosen_step": outcome.chosen_step,
            "dev_before": scored.get(0, {}),
            "dev": scored.get(outcome.chosen_step, {}),
        }
        workspace.record(**{DONE: done})
        shutil.rmtree(stage.folder)
    wait_for_everyone()
