"""Options of the commands that score runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pyserini_xqg.cli import options as o

if TYPE_CHECKING:
    from pyserini_xqg.evaluation.evaluate import RunFiles

RUNS, JUDGEMENTS = "Runs", "Questions and judgements"

Runs = Annotated[
    list[str] | None,
    typer.Option(
        "--run",
        metavar="NAME=FILE",
        help="A run, in TREC's format; repeated, the baseline first.",
        rich_help_panel=RUNS,
    ),
]
Predictions = Annotated[
    list[str] | None,
    typer.Option(
        "--predictions",
        metavar="NAME=FILE",
        help="Predictions of XOR-Retrieve (JSON), for R@kt; after the runs.",
        rich_help_panel=RUNS,
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="What the others are compared with [the first].", rich_help_panel=RUNS),
]
Controls = Annotated[
    list[str] | None,
    typer.Option(
        "--control",
        metavar="NAME=RUN",
        help="The run NAME is a control of RUN, whose gain is held against it.",
        rich_help_panel=RUNS,
    ),
]
Measures = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="NAMES",
        help="Of ir_measures, or R@kt; repeated or separated by commas [Success@1,RR@10 with --qrels, R@2kt,R@5kt "
        "with --gold].",
        rich_help_panel=RUNS,
    ),
]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group", metavar="NAME=LANG,LANG", help="Languages for a mean of their own; repeated.", rich_help_panel=RUNS
    ),
]
Qrels = Annotated[
    Path | None, typer.Option(help="Which passages are relevant, in TREC's format.", rich_help_panel=JUDGEMENTS)
]
Topics = Annotated[
    list[str] | None,
    typer.Option(
        "--topics",
        metavar="LANG=FILE",
        help="The questions of a language, Pyserini's topics; repeated. Without, they are one group.",
        rich_help_panel=JUDGEMENTS,
    ),
]
Gold = Annotated[
    Path | None,
    typer.Option(help="Answers and languages, XOR-Retrieve's JSON lines, for R@kt.", rich_help_panel=JUDGEMENTS),
]
Corpus = Annotated[
    Path | None,
    typer.Option(help="Has the texts of the runs' passages; R@kt needs them.", rich_help_panel=JUDGEMENTS),
]


def run_files(
    run: list[str] | None,
    predictions: list[str] | None,
    topics: list[str] | None,
    control: list[str] | None,
    group: list[str] | None,
    measure: list[str] | None,
    **others: Any,
) -> RunFiles:
    """What these options name; `others` are taken as they are.

    Raises
    ------
    UsageError
        A value is not of its form, or a name is there twice.
    """
    from pyserini_xqg.evaluation.evaluate import RunFiles

    named = o.unique("--run or --predictions", [*o.pairs("--run", run), *o.pairs("--predictions", predictions)])
    count = len(run or ())
    return RunFiles(
        runs={name: Path(file) for name, file in named[:count]},
        predictions={name: Path(file) for name, file in named[count:]},
        topics=[(language, Path(file)) for language, file in o.pairs("--topics", topics)],
        controls=o.pairs("--control", control),
        groups=o.groups(group),
        measures=measure or (),
        **others,
    )
