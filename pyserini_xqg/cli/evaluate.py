"""``xqg evaluate``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.errors import UsageError


class FormatName(StrEnum):
    """Choices of ``--format``."""

    TEXT = "text"
    TSV = "tsv"
    JSON = "json"


JUDGEMENTS, OUTPUT = "Questions and judgements", "Output"


def evaluate(
    run: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="NAME=FILE", help="A run, in TREC's format; repeated, the baseline first."),
    ] = None,
    predictions: Annotated[
        list[str] | None,
        typer.Option(
            "--predictions", metavar="NAME=FILE", help="Predictions of XOR-Retrieve (JSON), for R@kt; after the runs."
        ),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the others are compared with [the first].")
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(
            "--control", metavar="NAME=RUN", help="The run NAME is a control of RUN, whose gain is held against it."
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            "--measure",
            metavar="NAMES",
            help="Of ir_measures, or R@kt; repeated or separated by commas [Success@1,RR@10 with --qrels, R@2kt,R@5kt "
            "with --gold].",
        ),
    ] = None,
    qrels: Annotated[
        Path | None, typer.Option(help="Which passages are relevant, in TREC's format.", rich_help_panel=JUDGEMENTS)
    ] = None,
    topics: Annotated[
        list[str] | None,
        typer.Option(
            "--topics",
            metavar="LANG=FILE",
            help="The questions of a language, Pyserini's topics; repeated. Without, they are one group.",
            rich_help_panel=JUDGEMENTS,
        ),
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(help="Answers and languages, XOR-Retrieve's JSON lines, for R@kt.", rich_help_panel=JUDGEMENTS),
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Has the texts of the runs' passages, for R@kt.", rich_help_panel=JUDGEMENTS)
    ] = None,
    changed: Annotated[
        bool,
        typer.Option(
            "--changed",
            help="List the questions on which runs differ from the baseline (tsv: instead of the figures).",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    write_predictions: Annotated[
        list[str] | None,
        typer.Option(
            "--write-predictions",
            metavar="NAME=FILE",
            help="Write the run NAME as predictions for XOR-Retrieve's own script.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    output_format: Annotated[
        FormatName, typer.Option("--format", help="Of what is printed.", rich_help_panel=OUTPUT)
    ] = FormatName.TEXT,
) -> None:
    """Score runs and say whether they differ from a baseline and from their controls."""
    from pyserini_xqg.evaluation.report import as_json, as_tsv, changes_as_tsv
    from pyserini_xqg.evaluation.run_files import RunFiles, evaluate_files
    from pyserini_xqg.evaluation.text_report import as_text

    named = _unique("--run or --predictions", [*o.pairs("--run", run), *o.pairs("--predictions", predictions)])
    count = len(run or ())
    files = RunFiles(
        runs={name: Path(file) for name, file in named[:count]},
        predictions={name: Path(file) for name, file in named[count:]},
        qrels=qrels,
        topics=[(language, Path(file)) for language, file in o.pairs("--topics", topics)],
        gold=gold,
        corpus=corpus,
        measures=measure or (),
        baseline=baseline,
        controls=o.pairs("--control", control),
        exports={
            name: Path(file)
            for name, file in _unique("--write-predictions", o.pairs("--write-predictions", write_predictions))
        },
    )
    reports = evaluate_files(files)
    match output_format:
        case FormatName.TEXT:
            print(as_text(reports, changed))
        case FormatName.TSV:
            print(changes_as_tsv(reports) if changed else as_tsv(reports))
        case FormatName.JSON:
            print(as_json(reports, changed))


def _unique(option: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{option}: {', '.join(twice)} is there twice; each name stands for one file")
    return pairs
