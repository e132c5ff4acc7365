"""``xqg train distill``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli import train_options as t
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.cli.train_options import (
    MODEL,
    TRAINING,
    require,
    texts_of,
)
from pyserini_xqg.errors import UsageError


class DistillRecipeName(StrEnum):
    """Choices of ``--recipe``."""

    QUICK = "quick"
    DR_DECR = "dr-decr"


class TeacherDtype(StrEnum):
    """Choices of ``--teacher-dtype``."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


TEACHER, QUICK, DR_DECR = "Teacher", "Recipe quick", "Recipe dr-decr"


def distill(
    output: t.Output,
    recipe: Annotated[
        DistillRecipeName | None,
        typer.Option(help="quick: a query generator teaches; dr-decr: a retriever that reads English questions."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings as TOML, tables [quick] or [dr-decr], and [data]; options override it."),
    ] = None,
    train: t.Train = None,
    dev: t.Dev = None,
    dev_corpus: t.DevCorpus = None,
    format: t.Format = None,
    languages: t.Languages = None,
    default_language: t.DefaultLanguage = None,
    leaks: t.Leaks = None,
    teacher: Annotated[
        str | None,
        typer.Option(help="A folder or Hugging Face id: generator or retriever.", rich_help_panel=TEACHER),
    ] = None,
    teacher_revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of it.", rich_help_panel=TEACHER)
    ] = None,
    teacher_dtype: Annotated[
        TeacherDtype | None, typer.Option(help="Of its computation [float32].", rich_help_panel=TEACHER)
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(help="Of its scores [quick: 1]; of its and the student's [dr-decr: 2].", rich_help_panel=TEACHER),
    ] = None,
    queries: Annotated[
        list[Path] | None,
        typer.Option(help="Generated queries of the positives (xqg generate); repeated.", rich_help_panel=QUICK),
    ] = None,
    queries_corpus: Annotated[
        Path | None,
        typer.Option(help="The passages that they were generated for, where ids differ.", rich_help_panel=QUICK),
    ] = None,
    generated_share: Annotated[
        float | None,
        typer.Option(help="Of questions that a generated one replaces at the end [0.5].", rich_help_panel=QUICK),
    ] = None,
    weight: Annotated[
        float | None,
        typer.Option(help="Of the KL divergence beside the contrastive loss [1].", rich_help_panel=QUICK),
    ] = None,
    prompt: Annotated[
        str | None,
        typer.Option(
            help="Of the generator, with {language}, {title}, {passage} [the paper's]; of a language model its "
            "instruction.",
            rich_help_panel=QUICK,
        ),
    ] = None,
    teacher_input_length: Annotated[
        int | None, typer.Option(help="Tokens of its input [256].", rich_help_panel=QUICK)
    ] = None,
    teacher_query_length: Annotated[
        int | None, typer.Option(help="Tokens of a question that it scores [64].", rich_help_panel=QUICK)
    ] = None,
    parallel: Annotated[
        list[Path] | None,
        typer.Option(help="Folders with fi-en/fi.txt and en.txt, line by line; repeated.", rich_help_panel=DR_DECR),
    ] = None,
    parallel_epochs: Annotated[
        int | None, typer.Option(help="Passes over parallel questions, before the rest [10].", rich_help_panel=DR_DECR)
    ] = None,
    parallel_batch_size: Annotated[
        int | None, typer.Option(help="Pairs a step [128].", rich_help_panel=DR_DECR)
    ] = None,
    parallel_learning_rate: Annotated[
        float | None, typer.Option(help="At its highest [as the other].", rich_help_panel=DR_DECR)
    ] = None,
    teacher_pooling: Annotated[
        o.PoolingName | None, typer.Option(help="As the teacher says.", rich_help_panel=DR_DECR)
    ] = None,
    teacher_l2_norm: Annotated[
        bool | None,
        typer.Option("--teacher-l2-norm/--no-teacher-l2-norm", help="As it says.", rich_help_panel=DR_DECR),
    ] = None,
    teacher_query_prefix: Annotated[str | None, typer.Option(help="As it says.", rich_help_panel=DR_DECR)] = None,
    teacher_passage_prefix: Annotated[str | None, typer.Option(help="As it says.", rich_help_panel=DR_DECR)] = None,
    teacher_query_max_length: Annotated[
        int | None, typer.Option(help="As it says, else 32.", rich_help_panel=DR_DECR)
    ] = None,
    teacher_passage_max_length: Annotated[
        int | None, typer.Option(help="As it says, else 128.", rich_help_panel=DR_DECR)
    ] = None,
    teacher_scale: Annotated[
        float | None,
        typer.Option(help="Factor of its dot products [1, or 20 for unit length].", rich_help_panel=DR_DECR),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(help="The student to start from: a folder or Hugging Face id.", rich_help_panel=MODEL),
    ] = None,
    revision: t.Revision = None,
    pooling: t.Pooling = None,
    l2_norm: t.L2Norm = None,
    query_prefix: t.QueryPrefix = None,
    passage_prefix: t.PassagePrefix = None,
    query_max_length: t.QueryMaxLength = None,
    passage_max_length: t.PassageMaxLength = None,
    epochs: t.Epochs = None,
    batch_size: t.BatchSize = None,
    negatives: Annotated[
        int | None, typer.Option(help="Candidates of a question beside its positive [7].", rich_help_panel=TRAINING)
    ] = None,
    learning_rate: t.LearningRate = None,
    warmup_ratio: t.WarmupRatio = None,
    weight_decay: t.WeightDecay = None,
    max_grad_norm: t.MaxGradNorm = None,
    scale: t.Scale = None,
    seed: t.Seed = None,
    measures: t.Measures = None,
    checkpoint_every: t.CheckpointEvery = None,
    keep: t.Keep = None,
    precision: t.Precision = None,
    mini_batch: t.MiniBatch = None,
    gradient_checkpointing: t.GradientCheckpointing = None,
    device: t.Device = None,
    dry_run: t.DryRun = False,
) -> None:
    """Train a bi-encoder by a teacher, which ranks each question's candidates for it."""
    options = {
        **{name: value.value if isinstance(value, Enum) else value for name, value in locals().items()},
        "languages": o.languages(languages),
        "measures": o.languages(measures),
        "train": texts_of(train),
        "dev": texts_of(dev),
        "queries": texts_of(queries),
        "parallel": texts_of(parallel),
        "dev_corpus": str(dev_corpus) if dev_corpus else None,
        "queries_corpus": str(queries_corpus) if queries_corpus else None,
    }
    from pyserini_xqg.training.common.config import layered, read_config
    from pyserini_xqg.training.distillation.settings import RECIPE_SETTINGS, DistillDataSettings, distill_settings
    from pyserini_xqg.training.distillation.training import plan_values

    tables = read_config(config, {**RECIPE_SETTINGS, "data": DistillDataSettings})
    chosen = _recipe(recipe, tables)
    own = _fields(RECIPE_SETTINGS[chosen])
    for other in (_fields(cls) for name, cls in RECIPE_SETTINGS.items() if name != chosen):
        wrong = [name for name in sorted(other - own) if options.get(name) is not None]
        if wrong:
            raise UsageError(f"--{wrong[0].replace('_', '-')} is no option of the recipe {chosen}")
    given = {name: options[name] for name in own - {"recipe"}}
    places = {name: options[name] for name in _fields(DistillDataSettings)}
    require("--base", "base", given, tables[chosen])
    require("--teacher", "teacher", given, tables[chosen])
    require("--train", "train", places, tables["data"])
    settings: Any = distill_settings(chosen, tables[chosen], given)
    data = layered(DistillDataSettings, tables["data"], places)
    training = _class_of(chosen)(data, settings, device)
    if dry_run:
        print_values(plan_values(training))
        return
    t.run_and_print(training, output)


def _recipe(given: DistillRecipeName | None, tables: Mapping[str, Mapping[str, Any]]) -> str:
    named = [name for name in DistillRecipeName if tables[name.value]]
    if given is None and len(named) != 1:
        raise UsageError(f"--recipe is missing: one of {', '.join(DistillRecipeName)}")
    return (given or named[0]).value


def _class_of(recipe: str) -> Any:
    if recipe == DistillRecipeName.QUICK:
        from pyserini_xqg.training.distillation.quick import QuickTraining

        return QuickTraining
    from pyserini_xqg.training.distillation.dr_decr import DrDecrTraining

    return DrDecrTraining


def _fields(cls: type) -> set[str]:
    return {field.name for field in fields(cls)}
