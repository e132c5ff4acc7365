"""TREC files: runs, and qrels, which say which passages are relevant to a question."""

from __future__ import annotations

import math
import sys
from pathlib import Path

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.text_files import numbered_lines


def read_run(file: str | Path) -> dict[str, list[str]]:
    """The passage ids of each question of a TREC run, best first; questions in the order of their first line.

    The order is that of the lines. Scores that tie stay in it, where trec_eval would sort them by id. So that nothing
    else can be meant, ranks must rise and scores must not within a question. Lines of different questions may mix.

    Parameters
    ----------
    file : str or Path
        ``question Q0 passage rank score tag`` a line, gzipped or not.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        A line is not of that form, or out of order, a passage is there twice for a question, or there is no line.
    """
    run: dict[str, dict[str, None]] = {}
    last: dict[str, tuple[int, float]] = {}
    for number, line in numbered_lines(file):
        question, passage, rank, score = _run_line(line, f"{file}:{number}")
        ranked = run.setdefault(question, {})
        if passage in ranked:
            raise InvalidInput(f"{file}:{number}: the passage {passage} is there twice for question {question}")
        before, higher = last.get(question, (rank - 1, math.inf))
        if rank <= before or score > higher:
            raise InvalidInput(
                f"{file}:{number}: rank {rank} with score {score} comes after rank {before} with score "
                f"{higher} of question {question}; rising ranks and falling scores are expected (sort the run)"
            )
        last[question] = rank, score
        ranked[passage] = None
    if not run:
        raise InvalidInput(f"{file}: no line; a TREC run is expected")
    return {question: list(ranked) for question, ranked in run.items()}


def read_qrels(file: str | Path) -> dict[str, dict[str, int]]:
    """Passage ids and their relevance for each question of TREC qrels.

    Parameters
    ----------
    file : str or Path
        ``question 0 passage relevance`` a line, gzipped or not.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        A line is not of that form, a passage is there twice for a question, or there is no line.
    """
    qrels: dict[str, dict[str, int]] = {}
    for number, line in numbered_lines(file):
        question, passage, relevance = _qrels_line(line, f"{file}:{number}")
        relevances = qrels.setdefault(question, {})
        if passage in relevances:
            raise InvalidInput(f"{file}:{number}: the passage {passage} is there twice for question {question}")
        relevances[passage] = relevance
    if not qrels:
        raise InvalidInput(f"{file}: no line; TREC qrels are expected")
    return qrels


def _run_line(line: str, place: str) -> tuple[str, str, int, float]:
    columns = line.split()
    try:
        question, _, passage, rank, score, _ = columns
        value = float(score)
        if math.isnan(value):
            raise ValueError(score)
        # Questions share passages: their ids are held once.
        return question, sys.intern(passage), int(rank), value
    except ValueError as error:
        raise InvalidInput(
            f"{place}: {line.strip()[:80]!r}: the six columns question, Q0, passage, rank, score, tag are expected"
        ) from error


def _qrels_line(line: str, place: str) -> tuple[str, str, int]:
    try:
        question, _, passage, relevance = line.split()
        return question, passage, int(relevance)
    except ValueError as error:
        raise InvalidInput(
            f"{place}: {line.strip()[:80]!r}: the four columns question, 0, passage, relevance are expected"
        ) from error
