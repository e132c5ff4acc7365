"""``xqg train``: a group of commands, one for each kind of training."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.cli.train_distill import distill
from pyserini_xqg.cli.train_generator import generator
from pyserini_xqg.cli.train_mine import mine
from pyserini_xqg.cli.train_options import (
    DATA,
    MEMORY,
    MODEL,
    RUN,
    TRAINING,
    FormatName,
    KeepName,
    PrecisionName,
    require,
    scores_of,
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
    output: Annotated[Path, typer.Option(help="The model folder to make.")],
    train: Annotated[
        list[Path] | None,
        typer.Option(help="Questions with passages, of any format known; repeated.", rich_help_panel=DATA),
    ] = None,
    dev: Annotated[
        list[Path] | None,
        typer.Option(help="Questions to score checkpoints on; repeated.", rich_help_panel=DATA),
    ] = None,
    dev_corpus: Annotated[
        Path | None,
        typer.Option(help="Passages to search for them beside their own, Pyserini's JSONL.", rich_help_panel=DATA),
    ] = None,
    format: Annotated[
        FormatName | None, typer.Option(help="Of all of these [seen from the content].", rich_help_panel=DATA)
    ] = None,
    languages: Annotated[
        list[str] | None,
        typer.Option(
            "--language",
            help="Train on questions in these only: codes or names, repeated or separated by commas.",
            rich_help_panel=DATA,
        ),
    ] = None,
    default_language: Annotated[
        str | None, typer.Option(help="Of questions that do not say theirs [unknown].", rich_help_panel=DATA)
    ] = None,
    allow_leaks: Annotated[
        bool | None,
        typer.Option("--allow-leaks", help="Train although questions of dev are in train.", rich_help_panel=DATA),
    ] = None,
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
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit of a base from the hub.", rich_help_panel=MODEL)
    ] = None,
    pooling: Annotated[
        o.PoolingName | None, typer.Option(help="How token vectors become one.", rich_help_panel=MODEL)
    ] = None,
    l2_norm: Annotated[
        bool | None, typer.Option("--l2-norm/--no-l2-norm", help="Give vectors unit length.", rich_help_panel=MODEL)
    ] = None,
    query_prefix: Annotated[
        str | None, typer.Option(help="Put before questions, final blank included.", rich_help_panel=MODEL)
    ] = None,
    passage_prefix: Annotated[str | None, typer.Option(help="Put before passages.", rich_help_panel=MODEL)] = None,
    query_max_length: Annotated[
        int | None, typer.Option(help="Tokens of a question [32].", rich_help_panel=MODEL)
    ] = None,
    passage_max_length: Annotated[
        int | None, typer.Option(help="Tokens of a passage [128].", rich_help_panel=MODEL)
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data [40].", rich_help_panel=TRAINING)] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Questions a step, over all processes [128].", rich_help_panel=TRAINING)
    ] = None,
    negatives: Annotated[
        int | None, typer.Option(help="Passages a question beside those of the batch [7].", rich_help_panel=TRAINING)
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="At its highest [1e-5].", rich_help_panel=TRAINING)
    ] = None,
    warmup_ratio: Annotated[
        float | None, typer.Option(help="Share of the steps in which it rises [0.1].", rich_help_panel=TRAINING)
    ] = None,
    weight_decay: Annotated[float | None, typer.Option(help="AdamW's [0].", rich_help_panel=TRAINING)] = None,
    max_grad_norm: Annotated[
        float | None, typer.Option(help="Longer gradients are shortened to it [1].", rich_help_panel=TRAINING)
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(help="Factor of the dot products [1, or 20 for unit length].", rich_help_panel=TRAINING),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything drawn [0].", rich_help_panel=TRAINING)] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES",
            help="Of dev, repeated or separated by commas; the first one says which is best [RR@10,R@100].",
            rich_help_panel=TRAINING,
        ),
    ] = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(help="Steps between checkpoints [an epoch].", rich_help_panel=TRAINING)
    ] = None,
    keep: Annotated[
        KeepName | None,
        typer.Option(help="The checkpoint that becomes the model [best, without dev last].", rich_help_panel=TRAINING),
    ] = None,
    precision: Annotated[
        PrecisionName | None, typer.Option(help="Of the computation [fp32].", rich_help_panel=MEMORY)
    ] = None,
    mini_batch: Annotated[
        int | None,
        typer.Option(help="Cache gradients: texts that go through the model at once.", rich_help_panel=MEMORY),
    ] = None,
    gradient_checkpointing: Annotated[
        bool | None,
        typer.Option(
            "--gradient-checkpointing/--no-gradient-checkpointing",
            help="Compute inner layers twice instead of keeping them.",
            rich_help_panel=MEMORY,
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cuda, mps, cpu [the best there is].", rich_help_panel=RUN)] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print counts, steps and memory, and end.", rich_help_panel=RUN)
    ] = False,
) -> None:
    """Train a bi-encoder on questions, their passages and others; the paper's xDR if nothing else is said."""
    from pyserini_xqg.training.config import layered, read_config
    from pyserini_xqg.training.retriever import RetrieverTraining
    from pyserini_xqg.training.settings import RetrieverSettings, TrainingDataSettings, retriever_settings

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
        "measures": o.languages(measure),
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
        "allow_leaks": allow_leaks,
    }
    require("--base", "base", given, tables["retriever"])
    require("--train", "train", places, tables["data"])
    settings = retriever_settings(tables["retriever"], given)
    training = RetrieverTraining(layered(TrainingDataSettings, tables["data"], places), settings, device)
    if dry_run:
        print_values(asdict(training.plan()))
        return
    from pyserini_xqg.training.trainer import is_main_process

    manifest = training.run(output, show_progress=True)
    if is_main_process():
        print_values({"model": output, "steps": manifest.details["steps"], **scores_of(manifest.details["dev"])})


train.command("mine")(mine)
train.command("generator")(generator)
train.command("distill")(distill)
