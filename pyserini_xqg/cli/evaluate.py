"""``xqg evaluate``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.cli import run_options as r


class FormatName(StrEnum):
    """Choices of ``--format``."""

    TEXT = "text"
    TSV = "tsv"
    JSON = "json"


OUTPUT = "Output"


def evaluate(
    run: r.Runs = None,
    predictions: r.Predictions = None,
    baseline: r.Baseline = None,
    control: r.Controls = None,
    measure: r.Measures = None,
    group: r.Groups = None,
    qrels: r.Qrels = None,
    topics: r.Topics = None,
    gold: r.Gold = None,
    corpus: r.Corpus = None,
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
    from pyserini_xqg.evaluation.evaluate import evaluate_files
    from pyserini_xqg.reporting.json import as_json
    from pyserini_xqg.reporting.text import as_text
    from pyserini_xqg.reporting.tsv import as_tsv, changes_as_tsv

    exports = o.unique("--write-predictions", o.pairs("--write-predictions", write_predictions))
    files = r.run_files(
        run,
        predictions,
        topics,
        control,
        group,
        measure,
        baseline=baseline,
        qrels=qrels,
        gold=gold,
        corpus=corpus,
        exports={name: Path(file) for name, file in exports},
    )
    reports = evaluate_files(files)
    match output_format:
        case FormatName.TEXT:
            print(as_text(reports, changed))
        case FormatName.TSV:
            print(changes_as_tsv(reports) if changed else as_tsv(reports))
        case FormatName.JSON:
            print(as_json(reports, changed))
