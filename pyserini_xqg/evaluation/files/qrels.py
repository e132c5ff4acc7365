"""TREC qrels: which passages are relevant to a question."""

from __future__ import annotations

from pathlib import Path

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.files.trec import trec_lines


def read_qrels(file: Path) -> dict[str, dict[str, int]]:
    """Passage ids and their relevance for each question of TREC qrels.

    Parameters
    ----------
    file : Path
        ``question 0 passage relevance`` a line, ``.gz`` or not.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        A line is not of that form, a passage is there twice for a question, or there is no line.
    """
    qrels: dict[str, dict[str, int]] = {}
    for number, line in trec_lines(file):
        question, passage, relevance = _parse(line, f"{file}:{number}")
        relevances = qrels.setdefault(question, {})
        if passage in relevances:
            raise InvalidInput(f"{file}:{number}: the passage {passage} is there twice for question {question}")
        relevances[passage] = relevance
    if not qrels:
        raise InvalidInput(f"{file}: no line; TREC qrels are expected")
    return qrels


def _parse(line: str, place: str) -> tuple[str, str, int]:
    try:
        question, _, passage, relevance = line.split()
        return question, passage, int(relevance)
    except ValueError as error:
        raise InvalidInput(
            f"{place}: {line.strip()[:80]!r}: the four columns question, 0, passage, relevance are expected"
        ) from error
