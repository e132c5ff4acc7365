"""TREC files: runs, and qrels, which say which passages are relevant to a question."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.text_files import numbered_lines

LONG = ("question", "Q0", "passage", "rank", "score", "tag")
SHORT = ("question", "passage", "score")


class RankedRun(NamedTuple):
    """A run, and where its scores leave the order open.

    Attributes
    ----------
    ranked : dict
        Question to passage ids, best first; questions in the order of their first line.
    tied : dict
        Question to the passages that have the score of another one, as single-precision numbers, which trec_eval takes
        them for.
    """

    ranked: dict[str, list[str]]
    tied: dict[str, set[str]]


def read_run(file: str | Path) -> dict[str, list[str]]:
    """The passage ids of each question of a run, best first: see :func:`read_ranked_run`."""
    return read_ranked_run(file).ranked


def read_ranked_run(file: str | Path) -> RankedRun:
    """The passages of each question of a run, and which of them tie.

    The order is that of the lines. Scores that tie stay in it, where trec_eval would sort them by id. So that nothing
    else can be meant, ranks must rise and scores must not within a question. Lines of different questions may mix.

    Parameters
    ----------
    file : str or Path
        ``question Q0 passage rank score tag`` a line, or ``question passage score`` as Tevatron writes it, gzipped or
        not.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        A line is not of the form of the first one, or out of order, a passage is there twice for a question, or there
        is no line.
    """
    run: dict[str, dict[str, None]] = {}
    last: dict[str, tuple[int, float, str]] = {}
    tied: dict[str, set[str]] = {}
    parse = _run_line
    for number, line in numbered_lines(file):
        if not run and len(line.split()) == len(SHORT):
            parse = _short_run_line
        question, passage, given_rank, score = parse(line, f"{file}:{number}")
        ranked = run.setdefault(question, {})
        if passage in ranked:
            raise InvalidInput(f"{file}:{number}: the passage {passage} is there twice for question {question}")
        rank = len(ranked) + 1 if given_rank is None else given_rank
        before, higher, above = last.get(question, (rank - 1, math.inf, ""))
        if rank <= before or score > higher:
            ranks = " (a third column of ranks is not read)" if given_rank is None else ""
            raise InvalidInput(
                f"{file}:{number}: rank {rank} with score {score} comes after rank {before} with score "
                f"{higher} of question {question}; rising ranks and falling scores are expected (sort the run){ranks}"
            )
        if ranked and np.float32(score) == np.float32(higher):
            tied.setdefault(question, set()).update((above, passage))
        last[question] = rank, score, passage
        ranked[passage] = None
    if not run:
        raise InvalidInput(f"{file}: no line; a TREC run is expected")
    return RankedRun({question: list(ranked) for question, ranked in run.items()}, tied)


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


def _run_line(line: str, place: str) -> tuple[str, str, int | None, float]:
    try:
        question, _, passage, rank, score, _ = line.split()
        return question, _once(passage), int(rank), _score(score)
    except ValueError as error:
        raise InvalidInput(
            f"{place}: {line.strip()[:80]!r}: the six columns {', '.join(LONG)} are expected (or, in the whole file, "
            f"{', '.join(SHORT)})"
        ) from error


def _short_run_line(line: str, place: str) -> tuple[str, str, int | None, float]:
    try:
        question, passage, score = line.split()
        return question, _once(passage), None, _score(score)
    except ValueError as error:
        raise InvalidInput(
            f"{place}: {line.strip()[:80]!r}: the three columns {', '.join(SHORT)} of the first line are expected (or, "
            f"in the whole file, {', '.join(LONG)})"
        ) from error


def _once(passage: str) -> str:
    """Questions share passages: their ids are held once."""
    return sys.intern(passage)


def _score(text: str) -> float:
    score = float(text)
    if math.isnan(score):
        raise ValueError(text)
    return score


def _qrels_line(line: str, place: str) -> tuple[str, str, int]:
    try:
        question, _, passage, relevance = line.split()
        return question, passage, int(relevance)
    except ValueError as error:
        raise InvalidInput(
            f"{place}: {line.strip()[:80]!r}: the four columns question, 0, passage, relevance are expected"
        ) from error
