"""``xqg sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._printing import say
from pyserini_xqg.cli._shared import Device
from pyserini_xqg.evaluation.sweep.grid import SweepSettings
from pyserini_xqg.evaluation.sweep.question_files import DEV, QuestionFiles
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result

GRID = "Grid (values separated by commas)"


@command
def sweep(
    *,
    index: Path,
    files: Annotated[dict[str, Any], Options(QuestionFiles)],
    corpus: Path | None = None,
    output: Path | None = None,
    build: Path | None = None,
    grid: Annotated[dict[str, Any], Options(SweepSettings, panel=GRID)],
    hubness_topics: Annotated[Path | None, {"panel": GRID}] = None,
    cluster: Annotated[str | None, {"metavar": "question|passage|none|FILE"}] = None,
    folds: Annotated[int, DEV] = 5,
    seed: Annotated[int, DEV] = 0,
    device: Device = None,
    as_json: bool = False,
) -> Result:
    """Try a grid of settings on one index in one pass, choose, and report what was chosen on other questions.

    Parameters
    ----------
    index : Path
        An index made with --keep-vectors or --keep-first.
    corpus : Path or None
        The passages that the index was built of, for R@kt.
    output : Path or None
        A folder for the whole grid and the tested questions: grid.tsv, questions.tsv, sweep.json.
    build : Path or None
        An index folder to make of what was chosen on all questions; its controls beside it, -shuffled and -mean.
    hubness_topics : Path or None
        Topics file to take the mean query direction from, instead of the generated queries.
    cluster : str or None
        What goes together in folds and tests: question (translations), passage (questions of one relevant passage
        too), none, or a file with a question, a tab and the name of its cluster on each line; None: passage with
        --qrels, else question.
    folds : int
        Without dev questions: parts of the questions, choose for each on the others.
    seed : int
        Seed of the random numbers that make the folds.

    Examples
    --------
    $ xqg sweep --index indexes/kept --topics fi=fi.tsv --qrels qrels.txt --build indexes/best
    """
    asked = QuestionFiles(**files)
    from pyserini_xqg.evaluation.sweep.sweep import Sweep
    from pyserini_xqg.evaluation.sweep.values import QuestionSet
    from pyserini_xqg.reporting.sweep.files import check_sweep_output, sweep_object, write_sweep
    from pyserini_xqg.reporting.sweep.text import sweep_as_text
    from pyserini_xqg.storage.workspace import check_place

    if output is not None:
        check_sweep_output(output)
    if build is not None:
        check_place(build)
    settings = SweepSettings(**grid)
    questions = QuestionSet.read(asked.topics, asked.qrels, asked.gold)
    dev = QuestionSet.read(asked.dev_topics, asked.dev_qrels, asked.dev_gold) if asked.dev_topics else None
    search = Sweep(
        index,
        asked.measures,
        settings,
        hubness_topics=hubness_topics,
        corpus=corpus,
        device=device,
        show_progress=True,
    )
    result = (
        search.cross_validate(questions, folds, seed, cluster)
        if dev is None
        else search.choose_and_test(dev, questions, cluster)
    )
    if not as_json:  # first of all: it took longest
        say(sweep_as_text(result))
    described = search.described(None if dev else folds, seed, questions)
    text = []
    if output is not None:
        write_sweep(result, described, output)
        text.append(f"\nthe whole grid: {output}")
    made = search.build(result, build, asked.chosen_on()) if build is not None else []
    if made:
        text += [f"\nbuilt: {result.overall}", *(f"  {folder}" for folder in made)]
    return Result({**sweep_object(result, described), "built": [str(folder) for folder in made]}, "\n".join(text))
