"""``xqg sweep``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.cli._options import Options, command
from pyserini_xqg.cli._shared import HUBNESS_TOPICS, Device
from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.sweep.grid import SweepSettings

GRID, CHOICE = "Grid (values separated by commas)", "Choice"


@command
def sweep(
    *,
    index: Path,
    topics: Annotated[Sequence[tuple[str, Path]], {"metavar": "LANG=FILE"}],
    measures: Annotated[Sequence[str], {"option": "--measure", "metavar": "NAMES"}] = (),
    qrels: Path | None = None,
    gold: Path | None = None,
    corpus: Path | None = None,
    output: Path | None = None,
    grid: Annotated[dict[str, Any], Options(SweepSettings, panel=GRID)],
    hubness_topics: Annotated[Path | None, HUBNESS_TOPICS | {"panel": GRID}] = None,
    dev_topics: Annotated[Sequence[tuple[str, Path]], {"metavar": "LANG=FILE", "panel": CHOICE}] = (),
    dev_qrels: Annotated[Path | None, {"panel": CHOICE}] = None,
    dev_gold: Annotated[Path | None, {"panel": CHOICE}] = None,
    folds: Annotated[int, {"panel": CHOICE}] = 5,
    seed: Annotated[int, {"panel": CHOICE}] = 0,
    device: Device = None,
) -> None:
    """Try a grid of settings on one index in one pass, choose, and report what was chosen on other questions.

    Parameters
    ----------
    index : Path
        An index made with --keep-vectors or --keep-first.
    topics : sequence of (str, Path)
        Questions of a language; repeated.
    measures : sequence of str
        Of ir_measures, or R@kt; repeated or separated by commas, the first one chooses [Success@1,RR@10 with --qrels,
        else R@2kt,R@5kt].
    qrels : Path or None
        Which passages are relevant, in TREC's format.
    gold : Path or None
        Answers, XOR-Retrieve's JSON lines, for R@kt.
    corpus : Path or None
        What the index was built of, for R@kt.
    output : Path or None
        A folder for the whole grid: grid.tsv, sweep.json.
    dev_topics : sequence of (str, Path)
        Other questions to choose on; repeated.
    dev_qrels : Path or None
        Their qrels.
    dev_gold : Path or None
        Their answers, for R@kt.
    folds : int
        Without dev questions: choose for each fold on the others.
    seed : int
        Deals the questions out to the folds.
    """
    if bool(dev_topics) != bool(dev_qrels or dev_gold):
        raise UsageError("--dev-topics goes with --dev-qrels (for R@kt --dev-gold): give both, or none")
    from pyserini_xqg.evaluation.sweep.sweep import Sweep
    from pyserini_xqg.evaluation.sweep.values import QuestionSet
    from pyserini_xqg.reporting.sweep import check_output, table, write

    if output is not None:
        check_output(output)
    settings = SweepSettings(**grid)
    questions = QuestionSet.read(topics, qrels, gold)
    dev = QuestionSet.read(dev_topics, dev_qrels, dev_gold) if dev_topics else None
    measures = measures or (["Success@1", "RR@10"] if qrels else ["R@2kt", "R@5kt"])
    search = Sweep(index, measures, settings, hubness_topics=hubness_topics, corpus=corpus, device=device)
    result = search.cross_validate(questions, folds, seed) if dev is None else search.choose_and_test(dev, questions)
    print(table(result))
    if output is not None:
        write(result, search.described(None if dev else folds, seed), output)
        print(f"\nthe whole grid: {output}")
