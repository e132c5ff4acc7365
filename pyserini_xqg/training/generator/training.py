"""Training of a query generator from passages with questions; ``xqg generate`` takes it as it is."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.examples import fingerprint_examples
from pyserini_xqg.encoding.loading import fingerprint, quiet_loading
from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.backends.loading import ModelKind, open_config, open_model, open_tokenizer
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
    seed,
)
from pyserini_xqg.training.data.reading import read_train_and_dev
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.generator.lora import add_lora, copy_adapter, merged
from pyserini_xqg.training.generator.memory import estimate_generator_memory, generator_advice
from pyserini_xqg.training.generator.pairs import generator_pairs, pair_counts
from pyserini_xqg.training.generator.plan import GeneratorPlan
from pyserini_xqg.training.generator.settings import GeneratorSettings

ADAPTER = "adapter"

log = logging.getLogger("pyserini_xqg")


def train_generator(
    data: TrainingDataSettings,
    output: str | Path,
    settings: GeneratorSettings,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Manifest:
    """Train a query generator.

    The same call after a kill goes on at the last checkpoint and ends with the same weights (on the same machine with
    the same packages).

    Parameters
    ----------
    data : TrainingDataSettings
        Questions with passages; a `dev_corpus` has no use here and is refused.
    output : str or Path
        The model folder to make: weights, configuration and tokenizer as transformers has them, with LoRA merged into
        the weights and kept in ``adapter``; ``settings.toml``, ``README.md`` (the model card), ``loss.tsv``,
        ``loss.svg``, ``dev.tsv`` and the manifest ``xqg.json``.
    settings : GeneratorSettings
    device : str or None
        ``cpu``, ``cuda`` or ``mps``; None takes the best there is.
    show_progress : bool

    Raises
    ------
    MissingPrerequisite
        The extra ``train`` is not installed.
    MissingInput, InvalidInput
        Data or base model cannot be read, a question does not say its language, or dev is in train.
    UsageError
        Something else is at `output`, or settings contradict each other.
    XqgError
        Memory ran out, or the loss is no number any more.
    """
    return GeneratorTraining(data, settings, device).run(output, show_progress)


class GeneratorTraining:
    """Data and model of a training, read and checked.

    The parameters and errors are those of :func:`train_generator`.
    """

    def __init__(self, data: TrainingDataSettings, settings: GeneratorSettings, device: str | None = None):
        require_training_packages()
        if data.dev_corpus is not None:
            raise UsageError("dev_corpus is for retrievers: a generator is scored on the passages of dev itself")
        self.data = data
        self.settings = settings
        self.device = checked_device(device)
        self.train, self.dev, self.leaks = read_train_and_dev(
            data, settings.languages, settings.default_language, dev_languages=settings.languages
        )
        self.pairs = generator_pairs(self.train.examples, settings.parallel)
        self.dev_pairs = generator_pairs(self.dev.examples) if self.dev else []

        from pyserini_xqg.training.generator.forms import CausalForm, GeneratorForm, Seq2SeqForm

        batch_size_of_a_process(settings)
        encodes = open_config(str(settings.base), settings.revision).is_encoder_decoder
        self.kind: ModelKind = "sequence-to-sequence" if encodes else "causal language"
        self.tokenizer = open_tokenizer(str(settings.base), settings.revision, self.kind)
        seed(settings.seed)
        base = self._open_base()
        lengths = (settings.input_length, settings.output_length)
        self.form: GeneratorForm
        if encodes:
            self.form = Seq2SeqForm(self.tokenizer, base, *lengths)
        else:
            self.form = causal = CausalForm(self.tokenizer, base, *lengths)
            causal.check_room(self.pairs)
        self.base_revision: str | None = getattr(base.config, "_commit_hash", None) or settings.revision
        self.model: Any = add_lora(base, settings, self.kind) if settings.lora_rank else base.requires_grad_(True)
        self.steps = settings.steps or -(-settings.epochs * len(self.pairs) // settings.batch_size)

    def plan(self) -> GeneratorPlan:
        """Counts, steps and memory."""
        from pyserini_xqg.training.generator.trainer import checkpoint_steps

        cut: dict[str, int] = {}
        for pair in self.pairs:
            if self.form.is_cut(pair):
                cut[pair.language] = cut.get(pair.language, 0) + 1
        parameters = [*self.model.parameters()]
        return GeneratorPlan(
            pair_counts(self.pairs),
            pair_counts(self.dev_pairs),
            dict(self.train.left_out),
            dict(sorted(cut.items())),
            "seq2seq" if self.kind == "sequence-to-sequence" else "causal",
            self.form.prompt,
            self.steps,
            checkpoint_steps(self.settings, self.steps),
            round(self.steps * self.settings.batch_size / len(self.pairs), 2),
            sum(parameter.numel() for parameter in parameters),
            sum(parameter.numel() for parameter in parameters if parameter.requires_grad),
            estimate_generator_memory(self.model, self.settings, processes()).total,
        )

    def identity(self) -> dict[str, Any]:
        """What decides on the weights."""
        return {
            "settings": {"generator": self.settings.identity(), "prompt": self.form.prompt, "processes": processes()},
            "inputs": {
                "base": fingerprint(self.settings.base) or self.base_revision,
                "train": fingerprint_examples(self.train.examples),
                "dev": fingerprint_examples(self.dev.examples) if self.dev else None,
            },
        }

    def run(self, output: str | Path, show_progress: bool = False) -> Manifest:
        """Train; see :func:`train_generator`."""
        from pyserini_xqg.training.generator.trainer import run_generator_trainer

        identity = self.identity()
        output = Path(output)
        with output_folder(output, is_main_process(), self.device):
            if already_made(output, identity):
                log.info("%s is there already, made with the same settings and data", output)
                return Manifest.read(output)
            plan = self.plan()
            if plan.cut_questions:
                log.warning(
                    "%s questions are longer than %d tokens and lose their end (--output-length)",
                    f"{sum(plan.cut_questions.values()):,}",
                    self.settings.output_length,
                )
            workspace = Workspace(output, identity)
            log.info("about %.1f GB of memory are needed (an estimate)", plan.memory_bytes / 1e9)
            if (free := free_memory(self.device)) is not None and plan.memory_bytes > free:
                log.warning("%.1f GB are free. %s", free / 1e9, generator_advice(self.settings))
            outcome = run_generator_trainer(
                self.model,
                self.form,
                self.pairs,
                self.dev_pairs,
                self.steps,
                workspace,
                self.settings,
                device=self.device,
                show_progress=show_progress,
            )
            if is_main_process():
                self.model = None  # the checkpoint is read next
                return self._finish(output, workspace, outcome, plan)
        return Manifest("model", identity["settings"], identity["inputs"])

    def _finish(self, output: Path, workspace: Workspace, outcome: Any, plan: GeneratorPlan) -> Manifest:
        from pyserini_xqg.training.common.checkpoints import CHECKPOINTS
        from pyserini_xqg.training.common.curves import dev_scores, write_curves
        from pyserini_xqg.training.generator.card import generator_card
        from pyserini_xqg.training.generator.trainer import NLL

        folder = workspace.folder
        counts = {
            "train": plan.train,
            "dev": plan.dev,
            "left_out": plan.left_out,
            "cut_questions": plan.cut_questions,
            "leaks": self.leaks.counts,
        }
        self._write_model(folder / CHECKPOINTS / f"checkpoint-{outcome.chosen_step}", folder)
        scored = dev_scores(outcome.history, [NLL])
        scores, before = scored.get(outcome.chosen_step, {}), scored.get(0, {})
        which = "the last checkpoint" if outcome.chosen_step == self.steps else "the checkpoint that was best on dev"
        write_curves(outcome.history, folder, [NLL], same_axis=True)
        write_config(folder / SETTINGS_FILE, {"generator": self.settings, "data": self.data})
        card = generator_card(
            output.resolve().name,
            self.settings,
            self.data,
            plan,
            counts,
            scores,
            before,
            f"{which} (step {outcome.chosen_step:,} of {self.steps:,})",
        )
        (folder / CARD).write_text(card, encoding="utf-8")
        for file in folder.rglob("*.safetensors"):  # which only its owner could read
            file.chmod((folder / CARD).stat().st_mode)
        manifest = Manifest(
            "model",
            workspace.identity["settings"],
            workspace.identity["inputs"],
            counts,
            {
                "generator": plan.generator,
                # `xqg generate --generator causal` reads it here.
                "prompt": self.form.prompt,
                "steps": self.steps,
                "chosen_step": outcome.chosen_step,
                "dev": scores,
                "dev_before": before,
            },
            package_versions("accelerate", "peft"),
        )
        workspace.finish(manifest, last=lambda: shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True))
        return manifest

    def _open_base(self) -> Any:
        # Weights that LoRA leaves as they are may be held in half precision.
        half = self.settings.lora_rank and self.settings.precision == "bf16"
        return open_model(str(self.settings.base), self.settings.revision, "bfloat16" if half else "float32", self.kind)

    def _write_model(self, checkpoint: Path, folder: Path) -> None:
        """The checkpoint as a plain transformers model, with its tokenizer."""
        from pyserini_xqg.training.common.trainer import forget_calls
        from pyserini_xqg.training.generator.forms import CausalForm

        if self.settings.lora_rank:
            model = merged(self._open_base(), checkpoint)
            copy_adapter(checkpoint, folder / ADAPTER)
        else:
            model = open_model(str(checkpoint), None, "float32", self.kind)
        if isinstance(self.form, CausalForm):
            known = model.generation_config.eos_token_id
            ends = {*(known if isinstance(known, list) else [known]), self.form.end} - {None}
            model.generation_config.eos_token_id = sorted(ends) if len(ends) > 1 else self.form.end
        forget_calls(self.tokenizer)
        with quiet_loading():
            model.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)
