"""``xqg train``: a group of commands, one for each kind of training."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli import train_options as t
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.cli.train_distill import distill
from pyserini_xqg.cli.train_generator import generator
from pyserini_xqg.cli.train_mine import mine
from pyserini_xqg.cli.train_options import (
    MODEL,
    TRAINING,
    require,
    texts_of,
)

train = typer.Typer(
    help="Train retrievers and query generators, and find data for them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


class RecipeName(StrEnum):
    """Choices of ``--recipe``."""

    XDR = "xdr"
    ZERO_SHOT = "zero-shot"


@train.callback()
def options() -> None:
    """Train models and find data for them."""


@train.command("retriever")
def retriever(
    output: t.Output,
    train: t.Train = None,
    dev: t.Dev = None,
    dev_corpus: t.DevCorpus = None,
    format: t.Format = None,
    languages: t.Languages = None,
    default_language: t.DefaultLanguage = None,
    leaks: t.Leaks = None,
    config: Annotated[
        Path | None, typer.Option(help="Settings as TOML, tables [retriever] and [data]; options override it.")
    ] = None,
    recipe: Annotated[
        RecipeName | None,
        typer.Option(help="xdr: the paper's; zero-shot: the same on English questions only [xdr]."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(help="The model to start from: a folder or Hugging Face id.", rich_help_panel=MODEL),
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
        int | None, typer.Option(help="Passages a question beside those of the batch [7].", rich_help_panel=TRAINING)
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
    """Train a bi-encoder on questions, their passages and others; the paper's xDR if nothing else is said."""
    from pyserini_xqg.training.common.config import layered, read_config
    from pyserini_xqg.training.data.settings import TrainingDataSettings
    from pyserini_xqg.training.retriever.settings import RetrieverSettings, retriever_settings
    from pyserini_xqg.training.retriever.training import RetrieverTraining

    tables = read_config(config, {"retriever": RetrieverSettings, "data": TrainingDataSettings})
    given = {
        "recipe": recipe and recipe.value,
        "base": base,
        "revision": revision,
        "pooling": pooling and pooling.value,
        "l2_norm": l2_norm,
        "query_prefix": query_prefix,
        "passage_prefix": passage_prefix,
        "query_max_length": query_max_length,
        "passage_max_length": passage_max_length,
        "epochs": epochs,
        "batch_size": batch_size,
        "negatives": negatives,
        "learning_rate": learning_rate,
        "warmup_ratio": warmup_ratio,
        "weight_decay": weight_decay,
        "max_grad_norm": max_grad_norm,
        "scale": scale,
        "seed": seed,
        "languages": o.languages(languages),
        "default_language": default_language,
        "measures": o.languages(measures),
        "checkpoint_every": checkpoint_every,
        "keep": keep and keep.value,
        "precision": precision and precision.value,
        "mini_batch": mini_batch,
        "gradient_checkpointing": gradient_checkpointing,
    }
    places = {
        "train": texts_of(train),
        "dev": texts_of(dev),
        "dev_corpus": str(dev_corpus) if dev_corpus else None,
        "format": format and format.value,
        "leaks": leaks and leaks.value,
    }
    require("--base", "base", given, tables["retriever"])
    require("--train", "train", places, tables["data"])
    settings = retriever_settings(tables["retriever"], given)
    training = RetrieverTraining(layered(TrainingDataSettings, tables["data"], places), settings, device)
    if dry_run:
        print_values(asdict(training.plan()))
        return
    t.run_and_print(training, output)


train.command("mine")(mine)
train.command("generator")(generator)
train.command("distill")(distill)
