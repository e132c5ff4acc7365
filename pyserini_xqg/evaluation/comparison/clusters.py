"""Clusters of questions that are not independent: translations of one question, and questions of one passage.

A question that is asked in six languages is one piece of evidence and not six, and five questions of one paragraph
share whatever makes it easy to find. Tests exchange, intervals draw and folds deal out whole clusters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.evaluation.questions import ALL
from pyserini_xqg.storage.text_files import numbered_lines

QUESTION, PASSAGE, NONE = "question", "passage", "none"
# A language's code, and behind it a script or a region, at one end of an id: fi:12, zh-TW/12, 12_pt_BR.
CODE = r"(?P<code>[A-Za-z]{2,3})(?:[-_](?:[A-Za-z]{2}|[A-Z][a-z]{3}))?"
BETWEEN = r"[:/|.#_-]"
AT_AN_END = tuple(
    re.compile(form)
    for form in (rf"{CODE}{BETWEEN}(?P<rest>.+)", rf"(?P<rest>.+?){BETWEEN}{CODE}", rf"(?P<rest>.+){BETWEEN}{CODE}")
)
# Below, nothing that is said of chance can be relied on.
FEW = 20


@dataclass(frozen=True)
class ClusterSizes:
    """How many clusters questions make up.

    Attributes
    ----------
    by : str
        ``question``: translations go together; ``passage``: questions of a relevant passage too; ``none``: each
        question is one; else the name of the file that says it.
    clusters, questions : int
    largest : int
        Questions of the largest cluster.
    """

    by: str
    clusters: int
    questions: int
    largest: int

    @property
    def warning(self) -> str:
        """What has to be said of them, if anything."""
        if self.clusters < FEW <= self.questions:
            return f"{self.clusters} clusters are few: intervals and p values are rough"
        if self.largest > self.questions / 4 and self.questions >= FEW:
            return f"one cluster holds {self.largest:,} of {self.questions:,} questions: little can be told from them"
        return ""


@dataclass(frozen=True)
class Clusters:
    """What cluster each question belongs to.

    Attributes
    ----------
    by : str
        See :class:`ClusterSizes`.
    of : mapping
        Question to the name of its cluster.
    """

    by: str
    of: Mapping[str, str]

    def numbers(self, languages: Mapping[str, Sequence[str]]) -> dict[str, npt.NDArray[np.intp]]:
        """The number of each question's cluster, from 0 on in the order of languages and questions."""
        seen: dict[str, int] = {}
        return {
            language: np.array([seen.setdefault(self.of[each], len(seen)) for each in asked], dtype=np.intp)
            for language, asked in languages.items()
        }

    def sizes(self, languages: Mapping[str, Sequence[str]]) -> ClusterSizes:
        """How many clusters these questions make up."""
        counts = np.unique([self.of[each] for asked in languages.values() for each in asked], return_counts=True)[1]
        return ClusterSizes(self.by, len(counts), int(counts.sum()), int(counts.max(initial=0)))


def find_clusters(
    languages: Mapping[str, Sequence[str]],
    qrels: Mapping[str, Mapping[str, int]] | None = None,
    by: str | Path | None = None,
) -> Clusters:
    """The clusters of questions, from their ids and relevant passages.

    Parameters
    ----------
    languages : mapping
        Language to the ids of its questions.
    qrels : mapping, optional
        Question to passage to relevance; above 0 is relevant.
    by : str or Path, optional
        ``question``: ids that are the same without their language (``fi:12`` and ``12-zh-TW``) are translations and go
        together. ``passage``: so do questions with a relevant passage in common, directly or by way of others.
        ``none``: no question goes with another. Else a file, a line a question: id, tab, name of its cluster. Unless
        given: ``passage`` where there are qrels, else ``question``.

    Raises
    ------
    UsageError
        ``passage`` without qrels.
    MissingInput, InvalidInput
        There is no such file, it is of another form, or lacks a question.
    """
    by = by or (PASSAGE if qrels else QUESTION)
    if by == NONE:
        return Clusters(NONE, {question: question for asked in languages.values() for question in asked})
    of_ids = {
        question: without_language(question, language) for language, asked in languages.items() for question in asked
    }
    if by == QUESTION:
        return Clusters(QUESTION, of_ids)
    if by != PASSAGE:
        return Clusters(str(by), _of_file(Path(by), of_ids))
    if not qrels:
        raise UsageError("clusters by passage need qrels, which say what passages are relevant; or cluster by question")
    return Clusters(PASSAGE, _joined(of_ids, qrels))


def without_language(identifier: str, language: str) -> str:
    """A question's id without its language.

    Parameters
    ----------
    identifier : str
    language : str
        By code or English name; :data:`~pyserini_xqg.evaluation.questions.ALL`: whatever language stands there.
    """
    for form in AT_AN_END:
        found = form.fullmatch(identifier)
        if found and _is_language(found["code"], language):
            return found["rest"]
    return identifier


def _is_language(code: str, language: str) -> bool:
    try:
        return canonical_code(code) == (canonical_code(language) if language != ALL else canonical_code(code))
    except InvalidInput:
        return False


def _joined(of_ids: Mapping[str, str], qrels: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    """Clusters of ids, joined where relevant passages are the same; each is named by its first id."""
    ids = list(dict.fromkeys(of_ids.values()))
    place = {identifier: number for number, identifier in enumerate(ids)}
    passages: dict[str, int] = {}
    edges = [
        (place[identifier], len(ids) + passages.setdefault(passage, len(passages)))
        for question, identifier in of_ids.items()
        for passage, grade in qrels.get(question, {}).items()
        if grade > 0
    ]
    size = len(ids) + len(passages)
    first, second = zip(*edges, strict=True) if edges else ((), ())
    graph: Any = coo_array((np.ones(len(edges), dtype=np.int8), (first, second)), shape=(size, size))
    numbers = connected_components(graph, directed=False)[1]
    names: dict[int, str] = {}
    for identifier, number in zip(ids, numbers.tolist(), strict=False):
        names.setdefault(number, identifier)
    return {question: names[int(numbers[place[identifier]])] for question, identifier in of_ids.items()}


def _of_file(file: Path, questions: Iterable[str]) -> dict[str, str]:
    expected = (
        f"{QUESTION}, {PASSAGE}, {NONE}, or a file with a question, a tab and its cluster on each line is expected"
    )
    if not file.exists():
        raise MissingInput(f"clusters: there is no file {file}; {expected}")
    found: dict[str, str] = {}
    for number, line in numbered_lines(file):
        line = line.rstrip("\r\n")
        question, tab, cluster = line.partition("\t")
        if not tab or not question.strip() or not cluster.strip() or "\t" in cluster:
            raise InvalidInput(f"{file}, line {number}: {line!r}; {expected}")
        if found.setdefault(question.strip(), cluster.strip()) != cluster.strip():
            raise InvalidInput(f"{file}, line {number}: {question.strip()} was in another cluster before")
    missing = [question for question in questions if question not in found]
    if missing:
        some = ", ".join([*missing[:3], *["..."] * (len(missing) > 3)])
        raise InvalidInput(f"{file}: no cluster of {len(missing):,} questions ({some}); a line for each is expected")
    return {question: found[question] for question in questions}
