"""Runs, judgements and questions to evaluate: the files, and what is compared with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyserini_xqg.errors import UsageError

RUNS, JUDGEMENTS, OUTPUT = {"panel": "Runs"}, {"panel": "Questions and judgements"}, {"panel": "Output"}
PLACE = {"path": True, **JUDGEMENTS}


@dataclass(frozen=True)
class RunFiles:
    """What is compared.

    Parameters
    ----------
    runs : mapping
        A run in TREC's or Tevatron's format, with a name; repeated, the baseline first.
    predictions : mapping
        XOR-Retrieve's predictions (JSON), with a name, for R@kt; repeated. After the runs.
    qrels : str or Path, optional
        Which passages are relevant, in TREC's format.
    topics : sequence of (str, str or Path)
        Questions of a language, Pyserini's topics; repeated; None: all are one group. (The gold file says its
        questions' languages itself.)
    gold : str or Path, optional
        Answers and languages of the questions, XOR-Retrieve's JSON lines, for R@kt.
    corpus : str or Path, optional
        The passages that were searched, for R@kt.
    measures : sequence of str
        Measures of ir_measures, or R@kt; repeated or separated by commas; None: Success@1,RR@10 with qrels, R@2kt,R@5kt
        with gold.
    baseline : str, optional
        The run that the others are compared with; None: the first.
    controls : sequence of (str, str)
        The run NAME is a control of RUN, whose gain is held against it.
    groups : mapping
        Print the mean of these languages too, as NAME; repeated.
    cluster : str or Path, optional
        What is exchanged and drawn as one: question (translations of it, by ids that are the same without their
        language), passage (questions of one relevant passage too), none, or a file with a question, a tab and the name
        of its cluster on each line; None: passage with qrels, else question.
    exports : mapping
        Write the run NAME to FILE as predictions for XOR-Retrieve's own script.

    Raises
    ------
    UsageError
        A run and predictions have the same name.
    """

    runs: Mapping[str, str | Path] = field(metadata={"option": "--run", "metavar": "NAME=FILE", **RUNS})
    predictions: Mapping[str, str | Path] = field(default_factory=dict, metadata={"metavar": "NAME=FILE", **RUNS})
    qrels: str | Path | None = field(default=None, metadata=PLACE)
    topics: Sequence[tuple[str, str | Path]] = field(default=(), metadata={"metavar": "LANG=FILE", **JUDGEMENTS})
    gold: str | Path | None = field(default=None, metadata=PLACE)
    corpus: str | Path | None = field(default=None, metadata=PLACE)
    measures: Sequence[str] = field(default=(), metadata={"option": "--measure", "metavar": "NAMES", **RUNS})
    baseline: str | None = field(default=None, metadata={"metavar": "NAME", **RUNS})
    controls: Sequence[tuple[str, str]] = field(
        default=(), metadata={"option": "--control", "metavar": "NAME=RUN", **RUNS}
    )
    groups: Mapping[str, Sequence[str]] = field(
        default_factory=dict, metadata={"option": "--group", "metavar": "NAME=LANG,LANG", **RUNS}
    )
    cluster: str | Path | None = field(default=None, metadata={"metavar": "question|passage|none|FILE", **JUDGEMENTS})
    exports: Mapping[str, str | Path] = field(
        default_factory=dict, metadata={"option": "--write-predictions", "metavar": "NAME=FILE", **OUTPUT}
    )

    def __post_init__(self) -> None:
        if twice := sorted(self.runs.keys() & self.predictions.keys()):
            raise UsageError(f"runs and predictions: {', '.join(twice)} is there twice; each name stands for one file")
