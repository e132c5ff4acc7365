"""What the commands of ``xqg train`` have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli.printing import print_values
from pyserini_xqg.errors import UsageError

# The parts of the help.
DATA, MODEL, TRAINING, MEMORY, RUN = "Data", "Model", "Training", "Memory", "Run"


class PrecisionName(StrEnum):
    """Choices of ``--precision``."""

    FP32 = "fp32"
    BF16 = "bf16"


class KeepName(StrEnum):
    """Choices of ``--keep``."""

    BEST = "best"
    LAST = "last"


class LeaksName(StrEnum):
    """Choices of ``--leaks``."""

    REFUSE = "refuse"
    DROP = "drop"
    ALLOW = "allow"


class FormatName(StrEnum):
    """Choices of ``--format``."""

    TEVATRON = "tevatron"
    DPR = "dpr"
    NQ = "nq"
    XOR_TYDI = "xor-tydi"
    SQUAD = "squad"
    AFRIQA = "afriqa"


BatchSize = Annotated[
    int | None, typer.Option(help="Questions a step, over all processes [128].", rich_help_panel=TRAINING)
]

CheckpointEvery = Annotated[
    int | None, typer.Option(help="Steps between checkpoints [an epoch].", rich_help_panel=TRAINING)
]

DefaultLanguage = Annotated[
    str | None, typer.Option(help="Of questions that do not say theirs [unknown].", rich_help_panel=DATA)
]

Dev = Annotated[
    list[Path] | None,
    typer.Option(help="Questions to score checkpoints on; repeated.", rich_help_panel=DATA),
]

DevCorpus = Annotated[
    Path | None,
    typer.Option(help="Passages to search for them beside their own, Pyserini's JSONL.", rich_help_panel=DATA),
]

Device = Annotated[str | None, typer.Option(help="cuda, mps, cpu [the best there is].", rich_help_panel=RUN)]

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print counts, steps and memory, and end.", rich_help_panel=RUN)
]

Epochs = Annotated[int | None, typer.Option(help="Passes over the data [40].", rich_help_panel=TRAINING)]

Format = Annotated[
    FormatName | None, typer.Option(help="Of all of these [seen from the content].", rich_help_panel=DATA)
]

GradientCheckpointing = Annotated[
    bool | None,
    typer.Option(
        "--gradient-checkpointing/--no-gradient-checkpointing",
        help="Compute inner layers twice instead of keeping them.",
        rich_help_panel=MEMORY,
    ),
]

Keep = Annotated[
    KeepName | None,
    typer.Option(help="The checkpoint that becomes the model [best, without dev last].", rich_help_panel=TRAINING),
]

L2Norm = Annotated[
    bool | None, typer.Option("--l2-norm/--no-l2-norm", help="Give vectors unit length.", rich_help_panel=MODEL)
]

Leaks = Annotated[
    LeaksName | None,
    typer.Option(
        help="Where questions of dev are in train: end with an error, train without them, or on them too [refuse].",
        rich_help_panel=DATA,
    ),
]

Languages = Annotated[
    list[str] | None,
    typer.Option(
        "--language",
        help="Train on questions in these only: codes or names, repeated or separated by commas.",
        rich_help_panel=DATA,
    ),
]

LearningRate = Annotated[float | None, typer.Option(help="At its highest [1e-5].", rich_help_panel=TRAINING)]

MaxGradNorm = Annotated[
    float | None, typer.Option(help="Longer gradients are shortened to it [1].", rich_help_panel=TRAINING)
]

MiniBatch = Annotated[
    int | None,
    typer.Option(help="Cache gradients: texts that go through the model at once.", rich_help_panel=MEMORY),
]

Output = Annotated[Path, typer.Option(help="The model folder to make.")]

PassageMaxLength = Annotated[int | None, typer.Option(help="Tokens of a passage [128].", rich_help_panel=MODEL)]

PassagePrefix = Annotated[str | None, typer.Option(help="Put before passages.", rich_help_panel=MODEL)]

Pooling = Annotated[o.PoolingName | None, typer.Option(help="How token vectors become one.", rich_help_panel=MODEL)]

Precision = Annotated[PrecisionName | None, typer.Option(help="Of the computation [fp32].", rich_help_panel=MEMORY)]

QueryMaxLength = Annotated[int | None, typer.Option(help="Tokens of a question [32].", rich_help_panel=MODEL)]

QueryPrefix = Annotated[
    str | None, typer.Option(help="Put before questions, final blank included.", rich_help_panel=MODEL)
]

Revision = Annotated[
    str | None, typer.Option(help="Branch, tag or commit of a base from the hub.", rich_help_panel=MODEL)
]

Scale = Annotated[
    float | None,
    typer.Option(help="Factor of the dot products [1, or 20 for unit length].", rich_help_panel=TRAINING),
]

Seed = Annotated[int | None, typer.Option(help="Of everything drawn [0].", rich_help_panel=TRAINING)]

Train = Annotated[
    list[Path] | None,
    typer.Option(help="Questions with passages, of any format known; repeated.", rich_help_panel=DATA),
]

WarmupRatio = Annotated[
    float | None, typer.Option(help="Share of the steps in which it rises [0.1].", rich_help_panel=TRAINING)
]

WeightDecay = Annotated[float | None, typer.Option(help="AdamW's [0].", rich_help_panel=TRAINING)]


Measures = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="NAMES",
        help="Of dev, repeated or separated by commas; the first one says which is best [RR@10,R@100].",
        rich_help_panel=TRAINING,
    ),
]


def texts_of(paths: Iterable[Path] | None) -> tuple[str, ...] | None:
    """Paths as settings have them; None where none is given."""
    return tuple(str(path) for path in paths) if paths else None


def require(option: str, name: str, given: Mapping[str, Any], table: Mapping[str, Any]) -> None:
    """Refuse a command without an option that the file of ``--config`` does not have either.

    Raises
    ------
    UsageError
        That is so.
    """
    if given[name] is None and name not in table:
        raise UsageError(f"{option} is missing: give it, or {name} in the file of --config")


def run_and_print(training: Any, output: Path) -> None:
    """Train, and print the model's folder, its steps and its scores on dev.

    Parameters
    ----------
    training : RetrieverTraining, GeneratorTraining or another one with a ``run`` of that form
    output : Path
    """
    from pyserini_xqg.training.common.environment import is_main_process

    manifest = training.run(output, show_progress=True)
    if is_main_process():
        scores = {name: f"{value:.4f}" for name, value in manifest.details["dev"].items()}
        print_values({"model": output, "steps": manifest.details["steps"], **scores})
