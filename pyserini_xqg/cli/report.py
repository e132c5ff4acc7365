"""``xqg report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import run_options as r
from pyserini_xqg.errors import UsageError

RUNS, JUDGEMENTS, MORE = "Runs", "Questions and judgements", "What else is shown"


def report(
    output: Annotated[Path, typer.Option(help="A folder for report.html, .tsv, .json and .tex.")],
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
    queries: Annotated[
        Path | None,
        typer.Option(help="Generated queries, shown with the passages of changed questions.", rich_help_panel=MORE),
    ] = None,
    sweep: Annotated[
        list[Path] | None,
        typer.Option("--sweep", help="A folder that xqg sweep --output wrote; repeated.", rich_help_panel=MORE),
    ] = None,
    alignment: Annotated[
        list[Path] | None,
        typer.Option("--alignment", help="A file that xqg align wrote; repeated.", rich_help_panel=MORE),
    ] = None,
    artifact: Annotated[
        list[Path] | None,
        typer.Option(
            "--artifact",
            help="An index or queries folder whose manifest is shown; repeated.",
            rich_help_panel=MORE,
        ),
    ] = None,
    title: Annotated[str, typer.Option(help="Of the page.", rich_help_panel=MORE)] = "Retrieval report",
    changes: Annotated[
        int,
        typer.Option(metavar="N", help="Changed questions of a run and language that are shown.", rich_help_panel=MORE),
    ] = 10,
) -> None:
    """Make a page of runs, sweeps and alignments, and the same as rows for programs (TSV, JSON) and papers (LaTeX)."""
    from pyserini_xqg.evaluation.evaluate import RunFiles
    from pyserini_xqg.reporting.report import ReportFiles, make_report

    of_runs = r.run_files(
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
    )
    named = run or predictions
    if not named and of_runs != RunFiles(runs={}, topics=[], controls=[]):
        raise UsageError("what belongs to runs is given, and no run; name one or more as --run NAME=FILE")
    files = ReportFiles(
        of_runs if named else None, sweep or (), alignment or (), artifact or (), queries, title, changes
    )
    for file in make_report(files, output):
        print(file)
