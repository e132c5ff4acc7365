"""Values of a measure for very many rankings.

Most points of a grid rank a question's passages nearly alike. A measure of ir_measures looks at nothing but the grades
of a question's judged passages and the ranks that they are found at, so each such pattern is measured once, whichever
questions and points show it; R@kt looks at the texts, and each ranking of a question is measured once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.errors import MissingInput, UsageError
from pyserini_xqg.evaluation.files.texts import read_texts
from pyserini_xqg.evaluation.files.trec import read_qrels
from pyserini_xqg.evaluation.files.xor_retrieve import read_gold
from pyserini_xqg.evaluation.measures.recall_at_tokens import hits, officially_counted, token_count
from pyserini_xqg.evaluation.measures.scores import score_run
from pyserini_xqg.evaluation.measures.tokens_measure import TokensMeasure
from pyserini_xqg.evaluation.questions import languages_of_topics

Rows = npt.NDArray[np.int64]
Pattern = tuple[tuple[int, ...], bytes]
UNJUDGED = np.iinfo(np.int32).min


@dataclass(frozen=True)
class Judgements:
    """What is right: relevance by question and passage, and the answers of each question, for R@kt."""

    qrels: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class QuestionSet:
    """Questions, language to id to text, and what is right."""

    texts: Mapping[str, Mapping[str, str]]
    judgements: Judgements

    @classmethod
    def read(
        cls,
        topics: Sequence[tuple[str, str | Path]],
        qrels: str | Path | None,
        gold: str | Path | None = None,
    ) -> QuestionSet:
        """From topics files, each with its language, TREC qrels, and XOR-Retrieve's gold file.

        Raises
        ------
        MissingInput, InvalidInput
            A file cannot be read, or is none of its kind.
        """
        texts = {identifier: text for _, file in topics for identifier, text in read_topics(file)}
        questions = {
            language: {each: texts[each] for each in ids} for language, ids in languages_of_topics(topics).items()
        }
        answers = {} if gold is None else {name: each.answers for name, each in read_gold(gold).items()}
        return cls(questions, Judgements({} if qrels is None else read_qrels(qrels), answers))


class Valuer:
    """Measures rankings of rows.

    Parameters
    ----------
    measures : sequence
        Of ir_measures, and R@kt.
    judgements : Judgements
    docids : Path
        The index's file of passage ids.
    corpus : Path or None
        Where the texts are, for R@kt.

    Raises
    ------
    UsageError
        R@kt without a corpus.
    """

    def __init__(self, measures: Sequence[Any], judgements: Judgements, docids: Path, corpus: Path | None = None):
        self._by_tokens = [measure for measure in measures if isinstance(measure, TokensMeasure)]
        self._by_grades = [measure for measure in measures if not isinstance(measure, TokensMeasure)]
        if self._by_tokens and corpus is None:
            raise UsageError(f"{self._by_tokens[0]} looks at texts: give --corpus, the one that the index was built of")
        self._judgements = judgements
        self._docids = docids
        self._corpus = corpus
        self._passages = sum(1 for _ in _ids(docids)) if self._by_tokens else 0
        self._known: dict[Pattern, dict[str, float]] = {}
        judged = {passage for grades in judgements.qrels.values() for passage in grades}
        self._row_of = {name: row for row, name in enumerate(_ids(docids)) if name in judged} if judged else {}

    def values(self, questions: Sequence[str], rows: Rows) -> dict[str, npt.NDArray[np.float64]]:
        """The value of each ranking, per measure.

        Parameters
        ----------
        questions : sequence of str
        rows : int array of shape (points, questions, depth)

        Returns
        -------
        mapping
            Measure to an array of shape (points, questions); NaN for a question that the measure does not count.
        """
        found = {str(measure): np.full(rows.shape[:2], np.nan) for measure in (*self._by_grades, *self._by_tokens)}
        if self._by_grades:
            self._value_grades(questions, rows, found)
        if self._by_tokens:
            self._value_texts(questions, rows, found)
        return found

    def _value_grades(self, questions: Sequence[str], rows: Rows, found: dict[str, npt.NDArray[np.float64]]) -> None:
        patterns: dict[int, list[Pattern]] = {}
        for number, question in enumerate(questions):
            if question in self._judgements.qrels:
                patterns[number] = self._patterns(self._judgements.qrels[question], rows[:, number])
        self._measure({pattern for of_question in patterns.values() for pattern in of_question} - self._known.keys())
        for number, of_question in patterns.items():
            for measure in map(str, self._by_grades):
                found[measure][:, number] = [self._known[pattern][measure] for pattern in of_question]

    def _patterns(self, grades: Mapping[str, int], rows: Rows) -> list[Pattern]:
        """All grades, and those of the ranks, of each of a question's rankings."""
        there = sorted((self._row_of[passage], grade) for passage, grade in grades.items() if passage in self._row_of)
        ranked = np.full(rows.shape, UNJUDGED, dtype=np.int32)
        for row, grade in there:
            ranked[rows == row] = grade
        everything = tuple(sorted(grades.values()))
        return [(everything, each.tobytes()) for each in ranked]

    def _measure(self, patterns: Iterable[Pattern]) -> None:
        """Each pattern as a question of its own, whose passages are named by their ranks."""
        run, qrels, names = {}, {}, {}
        for number, pattern in enumerate(sorted(patterns)):
            name, ranked = str(number), np.frombuffer(pattern[1], dtype=np.int32)
            names[name], run[name] = pattern, [f"r{rank}" for rank in range(len(ranked))]
            seen = {f"r{rank}": int(ranked[rank]) for rank in np.flatnonzero(ranked != UNJUDGED)}
            missed = list(pattern[0])
            for grade in seen.values():
                missed.remove(grade)
            qrels[name] = seen | {f"m{position}": grade for position, grade in enumerate(missed)}
        if names:
            scored = score_run(run, qrels, self._by_grades).values
            for name, pattern in names.items():
                self._known[pattern] = {str(m): scored[str(m)].get(name, 0.0) for m in self._by_grades}

    def _value_texts(self, questions: Sequence[str], rows: Rows, found: dict[str, npt.NDArray[np.float64]]) -> None:
        assert self._corpus is not None
        answers = {
            number: officially_counted(self._judgements.answers.get(q, ())) for number, q in enumerate(questions)
        }
        asked = {number: of_question for number, of_question in answers.items() if of_question}
        wanted = set(np.unique(rows[:, list(asked)]).tolist())
        ids = {row: name for row, name in enumerate(_ids(self._docids)) if row in wanted}
        texts = read_texts(self._corpus, {"all": list(ids.values())}) if ids else {}
        for number, of_question in asked.items():
            known: dict[bytes, dict[str, float]] = {}
            for point, ranking in enumerate(rows[:, number]):
                key = ranking.tobytes()
                if key not in known:
                    passages = [texts[ids[row]] for row in ranking.tolist()]
                    known[key] = self._hits(passages, of_question, len(ranking) == self._passages)
                for measure, value in known[key].items():
                    found[measure][point, number] = value

    def _hits(self, passages: Sequence[str], answers: Sequence[str], everything: bool) -> dict[str, float]:
        values: dict[str, float] = {}
        furthest = max(self._by_tokens, key=lambda measure: measure["tokens"])
        if not everything and (found := token_count(passages, furthest["tokens"])) < furthest["tokens"]:
            raise UsageError(
                f"{furthest} looks at {furthest['tokens']:,} tokens, and the first {len(passages):,} passages of a "
                f"question have {found:,} only: give a larger depth"
            )
        for kind in {type(measure) for measure in self._by_tokens}:
            of_kind = [measure for measure in self._by_tokens if type(measure) is kind]
            reached = hits(passages, answers, [measure["tokens"] for measure in of_kind], kind.MATCHER)
            values |= {str(measure): float(reached[measure["tokens"]]) for measure in of_kind}
        return values


def _ids(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                yield line.rstrip("\r\n")
    except OSError as error:
        raise MissingInput(f"{file}: cannot be read ({error.strerror}); an index folder holds it") from error
