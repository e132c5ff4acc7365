"""``xqg train generator``."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli import train_options as t
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.cli.train_options import (
    DATA,
    MEMORY,
    MODEL,
    TRAINING,
    require,
    texts_of,
)


class GeneratorRecipeName(StrEnum):
    """Choices of ``--recipe``."""

    PAPER = "paper"
    LORA = "lora"


LORA = "LoRA"


def generator(
    output: t.Output,
    train: t.Train = None,
    dev: Annotated[
        list[Path] | None,
        typer.Option(help="The same, for the loss that says which checkpoint is best; repeated.", rich_help_panel=DATA),
    ] = None,
    format: t.Format = None,
    languages: Annotated[
        list[str] | None,
        typer.Option(
            "--language",
            help="Questions in these only: codes or names, repeated or separated by commas.",
            rich_help_panel=DATA,
        ),
    ] = None,
    default_language: Annotated[
        str | None, typer.Option(help="Of questions that do not say theirs.", rich_help_panel=DATA)
    ] = None,
    parallel: Annotated[
        bool | None,
        typer.Option(
            "--parallel/--no-parallel",
            help="Learn from English questions with the passage as well, where the data have them.",
            rich_help_panel=DATA,
        ),
    ] = None,
    leaks: t.Leaks = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings as TOML, tables [generator] and [data]; options override it.")
    ] = None,
    recipe: Annotated[
        GeneratorRecipeName | None,
        typer.Option(help="paper: all weights of mT5; lora: few weights, for language models [paper]."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            help="The model to start from: a folder or Hugging Face id [paper: google/mt5-base].", rich_help_panel=MODEL
        ),
    ] = None,
    revision: t.Revision = None,
    input_length: Annotated[
        int | None,
        typer.Option(help="Tokens of the prompt, of a language model's passage [128].", rich_help_panel=MODEL),
    ] = None,
    output_length: Annotated[int | None, typer.Option(help="Tokens of a question [32].", rich_help_panel=MODEL)] = None,
    lora_rank: Annotated[
        int | None, typer.Option(help="0: train all weights [lora: 16].", rich_help_panel=LORA)
    ] = None,
    lora_alpha: Annotated[int | None, typer.Option(help="Weight of what is added [32].", rich_help_panel=LORA)] = None,
    lora_dropout: Annotated[float | None, typer.Option(help="[0.05]", rich_help_panel=LORA)] = None,
    lora_target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES", help="Layers, repeated or separated by commas [all-linear].", rich_help_panel=LORA
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="How long [paper: 2000].", rich_help_panel=TRAINING)] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the data instead [lora: 3].", rich_help_panel=TRAINING)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Pairs a step, over all processes [128; lora: 32].", rich_help_panel=TRAINING)
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="At its highest [1e-4; lora: 2e-4].", rich_help_panel=TRAINING)
    ] = None,
    warmup_ratio: Annotated[
        float | None,
        typer.Option(help="Share of the steps in which it rises [0; lora: 0.03].", rich_help_panel=TRAINING),
    ] = None,
    weight_decay: t.WeightDecay = None,
    max_grad_norm: t.MaxGradNorm = None,
    seed: t.Seed = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(help="Steps between checkpoints [20 in all].", rich_help_panel=TRAINING)
    ] = None,
    keep: t.Keep = None,
    precision: t.Precision = None,
    mini_batch: Annotated[
        int | None,
        typer.Option(help="Pairs that go through the model at once [16; lora: 8].", rich_help_panel=MEMORY),
    ] = None,
    gradient_checkpointing: t.GradientCheckpointing = None,
    device: t.Device = None,
    dry_run: t.DryRun = False,
) -> None:
    """Train a query generator on questions with their passages; the paper's mT5 if nothing else is said."""
    from pyserini_xqg.training.common.config import layered, read_config
    from pyserini_xqg.training.data.settings import TrainingDataSettings
    from pyserini_xqg.training.generator.settings import GENERATOR_RECIPES, GeneratorSettings, generator_settings
    from pyserini_xqg.training.generator.training import GeneratorTraining

    tables = read_config(config, {"generator": GeneratorSettings, "data": TrainingDataSettings})
    given = {
        "recipe": recipe and recipe.value,
        "base": base,
        "revision": revision,
        "input_length": input_length,
        "output_length": output_length,
        "lora_rank": lora_rank,
        "lora_alpha": lora_alpha,
        "lora_dropout": lora_dropout,
        "lora_targets": o.languages(lora_target),
        "steps": steps,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "warmup_ratio": warmup_ratio,
        "weight_decay": weight_decay,
        "max_grad_norm": max_grad_norm,
        "seed": seed,
        "languages": o.languages(languages),
        "default_language": default_language,
        "parallel": parallel,
        "checkpoint_every": checkpoint_every,
        "keep": keep and keep.value,
        "precision": precision and precision.value,
        "mini_batch": mini_batch,
        "gradient_checkpointing": gradient_checkpointing,
    }
    places = {
        "train": texts_of(train),
        "dev": texts_of(dev),
        "format": format and format.value,
        "leaks": leaks and leaks.value,
    }
    require("--train", "train", places, tables["data"])
    named = given["recipe"] or tables["generator"].get("recipe") or "paper"
    if "base" not in GENERATOR_RECIPES.get(str(named), {}):
        require("--base", "base", given, tables["generator"])
    settings = generator_settings(tables["generator"], given)
    training = GeneratorTraining(layered(TrainingDataSettings, tables["data"], places), settings, device)
    if dry_run:
        print_values(asdict(training.plan()))
        return
    t.run_and_print(training, output)
