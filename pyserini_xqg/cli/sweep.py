"""``xqg sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyserini_xqg.cli import options as o
from pyserini_xqg.errors import UsageError

GRID, CHOICE, RUN = "Grid (values separated by commas)", "Choice", "Run"


def sweep(
    index: Annotated[Path, typer.Option(help="An index made with --keep-vectors or --keep-first.")],
    topics: Annotated[list[str], typer.Option(metavar="LANG=FILE", help="Questions of a language; repeated.")],
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES",
            help="Of ir_measures, or R@kt; repeated or separated by commas, the first one chooses [Success@1,RR@10 "
            "with --qrels, else R@2kt,R@5kt].",
        ),
    ] = None,
    qrels: Annotated[Path | None, typer.Option(help="Which passages are relevant, in TREC's format.")] = None,
    gold: Annotated[Path | None, typer.Option(help="Answers, XOR-Retrieve's JSON lines, for R@kt.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="What the index was built of, for R@kt.")] = None,
    output: Annotated[Path | None, typer.Option(help="A folder for the whole grid: grid.tsv, sweep.json.")] = None,
    aggregate: Annotated[
        o.AggregateName, typer.Option(help="Add a passage's query vectors up, or average them.", rich_help_panel=GRID)
    ] = o.AggregateName.SUM,
    alphas: Annotated[
        str | None,
        typer.Option(
            help="Weights of the queries [ten from 0 to 0.5 of a sum, to 0.9 of a mean].", rich_help_panel=GRID
        ),
    ] = None,
    hubness: Annotated[
        str, typer.Option(help="Shares of the mean query direction to take out.", rich_help_panel=GRID)
    ] = "0",
    hubness_topics: o.HubnessTopics = None,
    num_queries: Annotated[
        str | None,
        typer.Option(help="Numbers of queries a language, or all [those that were kept].", rich_help_panel=GRID),
    ] = None,
    subsets: Annotated[
        str,
        typer.Option(
            help="Languages whose queries count: all, own (the question's), others (all but it), without-LANG, "
            "each-left-out.",
            rich_help_panel=GRID,
        ),
    ] = "all",
    dev_topics: Annotated[
        list[str] | None,
        typer.Option(metavar="LANG=FILE", help="Other questions to choose on; repeated.", rich_help_panel=CHOICE),
    ] = None,
    dev_qrels: Annotated[Path | None, typer.Option(help="Their qrels.", rich_help_panel=CHOICE)] = None,
    dev_gold: Annotated[Path | None, typer.Option(help="Their answers, for R@kt.", rich_help_panel=CHOICE)] = None,
    folds: Annotated[
        int, typer.Option(help="Without dev questions: choose for each fold on the others.", rich_help_panel=CHOICE)
    ] = 5,
    seed: Annotated[int, typer.Option(help="Deals the questions out to the folds.", rich_help_panel=CHOICE)] = 0,
    depth: Annotated[int, typer.Option(help="How many passages are looked at.", rich_help_panel=RUN)] = 100,
    device: o.Device = None,
) -> None:
    """Try a grid of settings on one index in one pass, choose, and report what was chosen on other questions."""
    if bool(dev_topics) != bool(dev_qrels or dev_gold):
        raise UsageError("--dev-topics goes with --dev-qrels (for R@kt --dev-gold): give both, or none")
    from pyserini_xqg.evaluation.sweep.grid import SweepSettings
    from pyserini_xqg.evaluation.sweep.sweep import Sweep
    from pyserini_xqg.evaluation.sweep.values import QuestionSet
    from pyserini_xqg.reporting.sweep.files import check_sweep_output, write_sweep
    from pyserini_xqg.reporting.sweep.text import sweep_as_text

    if output is not None:
        check_sweep_output(output)
    settings = SweepSettings(
        aggregate.value,
        o.weights("--alphas", alphas) if alphas is not None else None,
        o.weights("--hubness", hubness),
        _numbers(num_queries) if num_queries is not None else None,
        tuple(part.strip() for part in subsets.split(",")),
        depth,
    )
    questions = QuestionSet.read(_files("--topics", topics), qrels, gold)
    dev = QuestionSet.read(_files("--dev-topics", dev_topics), dev_qrels, dev_gold) if dev_topics else None
    measures = measure or (["Success@1", "RR@10"] if qrels else ["R@2kt", "R@5kt"])
    search = Sweep(index, measures, settings, hubness_topics=hubness_topics, corpus=corpus, device=device)
    result = search.cross_validate(questions, folds, seed) if dev is None else search.choose_and_test(dev, questions)
    print(sweep_as_text(result))
    if output is not None:
        write_sweep(result, search.described(None if dev else folds, seed), output)
        print(f"\nthe whole grid: {output}")


def _files(option: str, given: list[str]) -> list[tuple[str, Path]]:
    return [(language, Path(file)) for language, file in o.pairs(option, given)]


def _numbers(given: str) -> tuple[int | None, ...]:
    parts = [part.strip() for part in given.split(",")]
    whole = ",".join(part for part in parts if part != "all")
    return (*o.numbers("--num-queries", whole), *([None] if "all" in parts else []))
