"""Collections that the demo can take, as files that the other commands read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.retrieval_set import (
    Question,
    RetrievalSet,
    write_corpus,
    write_qrels,
    write_queries,
    write_topics,
)
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.collection.passages import Passage

PassageQueries = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class Fold:
    """Questions to ask, and what their passages are augmented with; never the same text about one passage."""

    queries: PassageQueries
    questions: Mapping[str, Sequence[Question]]


@dataclass(frozen=True)
class DemoCollection:
    """Passages and one or more folds, whose questions together are all that are asked."""

    passages: Sequence[Passage]
    folds: Sequence[Fold]

    @property
    def questions(self) -> dict[str, list[Question]]:
        """The questions of all folds, by language."""
        languages = sorted({language for fold in self.folds for language in fold.questions})
        return {
            language: [question for fold in self.folds for question in fold.questions.get(language, ())]
            for language in languages
        }

    def asked_in(self, languages: Collection[str]) -> DemoCollection:
        """The questions in some languages, all of one index and without queries."""
        return DemoCollection(self.passages, [Fold({}, {language: self.questions[language] for language in languages})])

    def topics_file(self, number: int, language: str) -> str:
        """Name of the file with the questions of a fold in a language."""
        return f"topics-{number}-{language}.tsv"

    def topics_files(self) -> list[tuple[str, str]]:
        """The language and name of each topics file."""
        return [
            (language, self.topics_file(number, language))
            for number, fold in enumerate(self.folds)
            for language in sorted(fold.questions)
        ]

    def write(self, folder: Path) -> None:
        """Write ``corpus.jsonl``, ``qrels.txt`` and, for each fold, ``queries-N.jsonl`` and ``topics-N-LANG.tsv``."""
        folder.mkdir(parents=True, exist_ok=True)
        write_corpus(self.passages, folder / "corpus.jsonl")
        write_qrels([question for asked in self.questions.values() for question in asked], folder / "qrels.txt")
        for number, fold in enumerate(self.folds):
            write_queries(fold.queries, folder / f"queries-{number}.jsonl")
            for language, asked in fold.questions.items():
                write_topics(asked, folder / self.topics_file(number, language))


def bundled() -> DemoCollection:
    """The collection of this package; see the README beside its files."""
    passages = [Passage(record["id"], record["text"], record["title"]) for record in _bundled_records("passages")]
    queries = {record["id"]: record["queries"] for record in _bundled_records("queries")}
    questions: dict[str, list[Question]] = {}
    for record in _bundled_records("questions"):
        question = Question(record["id"], record["question"], record["passage"], tuple(record["answers"]))
        questions.setdefault(record["lang"], []).append(question)
    return DemoCollection(passages, [Fold(queries, questions)])


def squad(folder: Path) -> DemoCollection:
    """A folder of parallel SQuAD-format files.

    A passage's human questions stand in for generated ones, half of them at a time: those with an even number in their
    paragraph are asked of an index that was augmented with the odd ones, and the other way round. So no question is
    ever among the queries of the index that it is asked of, in any language.
    """
    data = read_squad_folder(folder)
    return DemoCollection(data.passages, [_fold(data, asked=parity) for parity in (0, 1)])


def _fold(data: RetrievalSet, asked: int) -> Fold:
    # A question has the same number in every language, so that its translations are left out with it.
    number_of: dict[str, int] = {}
    met: dict[str, int] = {}
    for identifier, passage in sorted(
        {
            (_parallel_id(question), question.passage_id)
            for questions in data.questions.values()
            for question in questions
        }
    ):
        number_of[identifier] = met[passage] = met.get(passage, -1) + 1
    queries: dict[str, dict[str, list[str]]] = {}
    topics: dict[str, list[Question]] = {}
    for language, questions in data.questions.items():
        for question in questions:
            if number_of[_parallel_id(question)] % 2 == asked:
                topics.setdefault(language, []).append(question)
            else:
                queries.setdefault(question.passage_id, {}).setdefault(language, []).append(question.text)
    return Fold(queries, topics)


def _parallel_id(question: Question) -> str:
    return question.id.partition("-")[2]


def _bundled_records(name: str) -> Iterator[dict[str, Any]]:
    text = (files("pyserini_xqg.demo") / "collection" / f"{name}.jsonl").read_text(encoding="utf-8")
    return map(json.loads, text.splitlines())
