"""Training of a retriever from questions with passages; ``xqg index`` and stock Pyserini take it as it is."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyserini_xqg.collection.datasets.examples import content_id, fingerprint_examples
from pyserini_xqg.encoding.loading import fingerprint, quiet_loading
from pyserini_xqg.evaluation.measures.scores import parse_measures
from pyserini_xqg.evaluation.measures.tokens_measure import TokensMeasure
from pyserini_xqg.storage.manifest import Manifest, package_versions
from pyserini_xqg.storage.workspace import Workspace, already_made
from pyserini_xqg.training.common.config import write_config
from pyserini_xqg.training.common.environment import (
    CARD,
    SETTINGS_FILE,
    batch_size_of_a_process,
    checked_device,
    free_memory,
    is_main_process,
    output_folder,
    processes,
    require_training_packages,
    steps_of_an_epoch,
)
from pyserini_xqg.training.data.reading import read_dev_corpus, read_train_and_dev
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.data.validation import CheckedExamples
from pyserini_xqg.training.retriever.memory import estimate_retriever_memory, retriever_advice
from pyserini_xqg.training.retriever.plan import RetrieverPlan
from pyserini_xqg.training.retriever.settings import RetrieverDataSettings, RetrieverSettings

if TYPE_CHECKING:
    from pyserini_xqg.training.data.batches import EpochRows
    from pyserini_xqg.training.retriever.trainer import RetrieverOutcome

# Of an encoder's settings, what the folder itself says, or whoever uses it.
UNSAID = ("model", "query_model", "query_form", "revision", "dtype", "nfc")

log = logging.getLogger("pyserini_xqg")


def train_retriever(
    data: TrainingDataSettings,
    output: str | Path,
    settings: RetrieverSettings,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Manifest:
    """Train a retriever.

    The same call after a kill goes on at the last checkpoint and ends with the same weights (on the same machine with
    the same packages).

    Parameters
    ----------
    data : TrainingDataSettings
        A :class:`RetrieverDataSettings` can name generated queries too.
    output : str or Path
        The model folder to make: sentence-transformers' layout with the transformer at its root, ``settings.toml``,
        ``README.md`` (the model card), ``loss.tsv``, ``loss.svg``, ``dev.tsv`` and the manifest ``xqg.json``.
    settings : RetrieverSettings
    device : str or None
        ``cpu``, ``cuda`` or ``mps``; None takes the best there is.
    show_progress : bool

    Raises
    ------
    MissingPrerequisite
        The extra ``train`` is not installed.
    MissingInput, InvalidInput
        Data or base model cannot be read, or dev is in train.
    UsageError
        Something else is at `output`, or settings contradict each other.
    XqgError
        Memory ran out, or the loss is no number any more.
    """
    return RetrieverTraining(data, settings, device).run(output, show_progress)


class RetrieverTraining:
    """Data and model of a training, read and checked.

    The parameters and errors are those of :func:`train_retriever`. Other trainings of a bi-encoder derive from it.
    """

    # The command, and the table of the settings in their file.
    command = table = "retriever"
    # What only unfinished work needs.
    scratch: tuple[str, ...] = ("checkpoints",)

    def __init__(self, data: TrainingDataSettings, settings: RetrieverSettings, device: str | None = None):
        require_training_packages()
        self.data = data
        self.settings = settings
        self.device = checked_device(device)
        by_passages = not all(isinstance(measure, TokensMeasure) for measure in parse_measures(settings.measures))
        self.train, self.dev, self.leaks = read_train_and_dev(
            data,
            settings.languages,
            settings.default_language,
            dev_needs_positives=by_passages,
            complete=self._completed,
        )
        self.corpus = list(read_dev_corpus(data))

        from pyserini_xqg.training.retriever.student import open_student

        self.model, self.encoder, self.scale = open_student(settings, self.device)

        from pyserini_xqg.training.data.batches import EpochBatches, TextForm
        from pyserini_xqg.training.retriever.dev_scorer import DevScorer

        self.form = TextForm(self.model, self.encoder)
        self.rows: EpochRows = self._rows()
        self.batches = EpochBatches(self.rows, batch_size_of_a_process(settings), processes())
        self.scorer = DevScorer(self.dev.examples, self.corpus, settings.measures, self.form) if self.dev else None
        self.measures = self.scorer.measures if self.scorer else []
        if self.rows.negatives < settings.negatives:
            log.warning(
                "the data have no negatives for %d a question: %d, and the batch's other passages",
                settings.negatives,
                self.rows.negatives,
            )
        if waiting := self.batches.waiting():
            log.warning(
                "about %s of %s questions are left out of an epoch, others each time: in every step a passage of "
                "theirs is one of another question's, and would be right for one and wrong for the other. A smaller "
                "--batch-size leaves out fewer",
                f"{waiting:,}",
                f"{len(self.rows):,}",
            )

    def plan(self) -> RetrieverPlan:
        """Counts, steps and memory."""
        per_epoch = steps_of_an_epoch(len(self.batches))
        memory = estimate_retriever_memory(self.model, self.settings, self.rows.negatives, processes())
        return RetrieverPlan(
            {code: dict(counts) for code, counts in self.train.languages.items()},
            {code: dict(counts) for code, counts in self.dev.languages.items()} if self.dev else {},
            dict(self.train.left_out),
            self.rows.negatives,
            self.scorer.passages if self.scorer else 0,
            per_epoch,
            per_epoch * self.settings.epochs,
            sum(parameter.numel() for parameter in self.model.parameters()),
            memory.total,
        )

    def identity(self) -> dict[str, Any]:
        """What decides on the weights."""
        generated = self.rows.added_content
        return {
            "settings": {self.table: self.settings.identity(), "processes": processes()},
            "inputs": {
                **({} if generated is None else {"generated": generated}),
                "base": fingerprint(self.settings.base) or self.encoder.revision,
                "train": fingerprint_examples(self.train.examples),
                "dev": fingerprint_examples(self.dev.examples) if self.dev else None,
                "dev_corpus": content_id(*(f"{each.title}\t{each.text}" for each in self.corpus))
                if self.corpus
                else None,
            },
        }

    def run(self, output: str | Path, show_progress: bool = False) -> Manifest:
        """Train; see :func:`train_retriever`."""
        identity = self.identity()
        plan = self.plan()
        output = Path(output)
        with output_folder(output, is_main_process(), self.device):
            if already_made(output, identity):
                log.info("%s is there already, made with the same settings and data", output)
                return Manifest.read(output)
            workspace = Workspace(output, identity)
            log.info("about %.1f GB of memory are needed (an estimate)", plan.memory_bytes / 1e9)
            if (free := free_memory(self.device)) is not None and plan.memory_bytes > free:
                log.warning("%.1f GB are free. %s", free / 1e9, retriever_advice(self.settings))
            outcome = self._train(workspace, show_progress)
            if is_main_process():
                return self._finish(output, workspace, outcome, plan)
        return Manifest("model", identity["settings"], identity["inputs"])

    def _completed(self, train: CheckedExamples, dev: CheckedExamples | None) -> CheckedExamples:
        """The examples as the training takes them; called before leaks are looked for."""
        return train

    def _rows(self) -> EpochRows:
        from pyserini_xqg.training.data.batches import EpochRows
        from pyserini_xqg.training.data.generated import AddedRows, queries_of_positives

        examples, settings, data = self.train.examples, self.settings, self.data
        if not isinstance(data, RetrieverDataSettings) or not data.generated:
            return EpochRows(examples, settings.negatives, settings.seed)
        generated = queries_of_positives(examples, data.generated, data.generated_corpus)
        return AddedRows(examples, settings.negatives, settings.seed, generated, data.generated_share)

    def _train(self, workspace: Workspace, show_progress: bool) -> RetrieverOutcome:
        from pyserini_xqg.training.data.batches import Collator
        from pyserini_xqg.training.retriever.losses import contrastive_loss
        from pyserini_xqg.training.retriever.trainer import run_retriever_trainer

        return run_retriever_trainer(
            self.model,
            contrastive_loss(self.model, self.scale, self.settings.mini_batch, processes()),
            self.rows,
            self.batches,
            Collator(self.form),
            self.scorer,
            workspace,
            self.settings,
            device=self.device,
            show_progress=show_progress,
        )

    def _about(self) -> dict[str, Any]:
        """What the model card says of the training, see :func:`retriever_card`."""
        if not self.rows.added_counts:
            return {}
        return {"more": [("generated questions beside them, an epoch", self.rows.added_counts["questions an epoch"])]}

    def more_counts(self) -> dict[str, Any]:
        """Counts for the manifest beside the usual ones."""
        return {"generated": self.rows.added_counts} if self.rows.added_counts else {}

    def _scores_before(self, workspace: Workspace, scores: Mapping[str, float]) -> Mapping[str, float]:
        """Those of the base on dev, from those at step 0."""
        return scores

    def _details(self) -> dict[str, Any]:
        """Details for the manifest beside the usual ones."""
        return {}

    def _finish(self, output: Path, workspace: Workspace, outcome: Any, plan: RetrieverPlan) -> Manifest:
        from pyserini_xqg.training.common.curves import dev_scores, write_curves
        from pyserini_xqg.training.retriever.card import retriever_card

        folder = workspace.folder
        counts = {
            "train": plan.train,
            "dev": plan.dev,
            "left_out": plan.left_out,
            "leaks": self.leaks.counts,
            "negatives": plan.negatives,
            **self.more_counts(),
        }
        scored = dev_scores(outcome.history, self.measures)
        scores, before = scored.get(outcome.chosen_step, {}), self._scores_before(workspace, scored.get(0, {}))
        which = "the last checkpoint" if outcome.chosen_step == outcome.steps else "the checkpoint that was best on dev"
        with quiet_loading():
            outcome.model.save_pretrained(str(folder), create_model_card=False)
        write_curves(outcome.history, folder, self.measures)
        write_config(folder / SETTINGS_FILE, {self.table: self.settings, "data": self.data})
        card = retriever_card(
            output.resolve().name,
            self.settings,
            self.data,
            self.encoder,
            self.scale,
            counts,
            scores,
            before,
            f"{which} (step {outcome.chosen_step:,} of {outcome.steps:,})",
            command=self.command,
            **self._about(),
        )
        (folder / CARD).write_text(card, encoding="utf-8")
        for file in folder.glob("*.safetensors"):  # which only its owner could read
            file.chmod((folder / CARD).stat().st_mode)
        manifest = Manifest(
            "model",
            workspace.identity["settings"],
            workspace.identity["inputs"],
            counts,
            {
                "steps": outcome.steps,
                "chosen_step": outcome.chosen_step,
                "scale": self.scale,
                "dev": scores,
                "dev_before": before,
                "encoder": {name: value for name, value in asdict(self.encoder).items() if name not in UNSAID},
                **self._details(),
            },
            package_versions("accelerate", "datasets"),
        )
        workspace.finish(manifest, last=lambda: _remove(folder / name for name in self.scratch))
        return manifest


def _remove(folders: Iterable[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
