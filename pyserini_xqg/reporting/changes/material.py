"""Material of the questions that are shown: what runs, qrels, corpus, topics and queries have of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.collection.passages import Passage, parse_passage, passage_id
from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.files.trec import read_qrels, read_run
from pyserini_xqg.evaluation.files.xor_retrieve import read_gold, read_predictions
from pyserini_xqg.evaluation.run_files import RunFiles
from pyserini_xqg.reporting.changes.selection import ChangedValues
from pyserini_xqg.reporting.changes.user_text import UserText, language_tag, text_direction
from pyserini_xqg.reporting.sentences import Name, Sentence, joined, sentence
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records

EXAMPLES = 3
RELEVANT = 2  # relevant passages of a question that are shown at most

T = TypeVar("T")


@dataclass(frozen=True)
class ShownQueries:
    """The generated queries of a passage in one language."""

    name: str
    texts: Sequence[UserText]
    own: bool


@dataclass(frozen=True)
class ShownPassage:
    """A passage beside a question.

    Attributes
    ----------
    roles : sequence of Sentence
        Why it is there: the first one of a run, a relevant one.
    id : str
        "" for predictions, which have texts only.
    title, text : UserText or None
        None without a corpus.
    relevant : bool
    ranks : Sentence
        Where the two runs have it, if it is relevant.
    queries : sequence of ShownQueries
        Those in the question's language first.
    """

    roles: Sequence[Sentence]
    id: str
    title: UserText | None
    text: UserText | None
    relevant: bool
    ranks: Sentence
    queries: Sequence[ShownQueries]


@dataclass(frozen=True)
class ChangedQuestion:
    """A question, its values before and after by every measure on which it differs, and its passages."""

    id: str
    won: bool
    text: UserText | None
    answers: Sequence[UserText]
    values: Sequence[tuple[str, float, float]]
    passages: Sequence[ShownPassage]


@dataclass(frozen=True)
class Ranking:
    """What a run has for its questions: ids, or texts."""

    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Material:
    """All that is known of the questions that are shown."""

    questions: Mapping[str, UserText]
    answers: Mapping[str, Sequence[UserText]]
    rankings: Mapping[str, Ranking]
    qrels: Mapping[str, Mapping[str, int]]
    passages: Mapping[str, Passage]
    queries: Mapping[str, Mapping[str, Sequence[str]]]
    has_corpus: bool

    @classmethod
    def read(cls, files: RunFiles, queries: Path | None, runs: Collection[str], shown: Collection[str]) -> Material:
        """Of the questions `shown`, from the files of the runs and a file or folder of queries.

        Raises
        ------
        MissingInput, InvalidInput
            A file cannot be read, is not what it should be, or the corpus lacks first passages.
        """
        rankings = {run: _ranking(files, run, shown) for run in runs} if shown else {}
        qrels = {q: judged for q, judged in read_qrels(files.qrels).items() if q in shown} if files.qrels else {}
        first = {ids[0] for ranking in rankings.values() for ids in ranking.ids.values() if ids}
        relevant = {passage for question in shown for passage in _relevant(qrels.get(question, {}))}
        passages = _passages(Path(files.corpus), first, relevant) if files.corpus and shown else {}
        return cls(
            *_asked(files, shown),
            rankings,
            qrels,
            passages,
            _queries(queries, first | relevant) if queries and shown else {},
            files.corpus is not None,
        )

    def question(self, changed: ChangedValues, run: str, baseline: str, language: str) -> ChangedQuestion:
        """What is shown of one."""
        question = changed.question
        before, after = self.rankings[baseline], self.rankings[run]
        roles: dict[tuple[str, str], list[Sentence]] = {}
        for name, ranking in ((baseline, before), (run, after)):
            ids, texts = ranking.ids.get(question, ()), ranking.texts.get(question, ())
            if ids or texts:
                place = (ids[0], "") if ids else ("", texts[0])
                roles.setdefault(place, []).append(sentence("first of {}", Name(name)))
        for passage in _relevant(self.qrels.get(question, {})):
            roles.setdefault((passage, ""), [])
        return ChangedQuestion(
            question,
            changed.won,
            self.questions.get(question),
            self.answers.get(question, ()),
            [(measure, change.before, change.after) for measure, change in changed.values.items()],
            [
                self._found(question, place, why, {baseline: before, run: after}, language)
                for place, why in roles.items()
            ],
        )

    def _found(
        self,
        question: str,
        place: tuple[str, str],
        roles: Sequence[Sentence],
        rankings: Mapping[str, Ranking],
        language: str,
    ) -> ShownPassage:
        identifier, text = place
        passage = self.passages.get(identifier)
        relevant = self.qrels.get(question, {}).get(identifier, 0) > 0
        where = rankings if relevant else ()
        if identifier and passage is None:
            shown = UserText("(not in the corpus)") if self.has_corpus else None
        else:
            shown = UserText((passage.text if passage else text) or "(empty)")
        return ShownPassage(
            roles,
            identifier,
            UserText(passage.title) if passage and passage.title else None,
            shown,
            relevant,
            joined((_rank(name, rankings[name].ids.get(question, ()), identifier) for name in where), "; "),
            self._queries_of(identifier, language_tag(language)),
        )

    def _queries_of(self, passage: str, own: str) -> list[ShownQueries]:
        found = {code: texts for code, texts in self.queries.get(passage, {}).items() if texts}
        return [
            ShownQueries(
                f"{language_name(code)} ({code})",
                [UserText(text, code, text_direction(code)) for text in found[code]],
                code == own,
            )
            for code in sorted(found, key=lambda code: (code != own, code))
        ]


def _rank(run: str, ranked: Sequence[str], passage: str) -> Sentence:
    if passage in ranked:
        return sentence(f"rank {ranked.index(passage) + 1} of {{}}", Name(run))
    return sentence(f"not among the {len(ranked)} of {{}}" if ranked else "nothing ranked by {}", Name(run))


def _relevant(judged: Mapping[str, int]) -> list[str]:
    """The most relevant passages, in the order of the qrels."""
    relevant = [passage for passage, grade in judged.items() if grade > 0]
    return sorted(relevant, key=lambda passage: -judged[passage])[:RELEVANT]


def _ranking(files: RunFiles, run: str, shown: Collection[str]) -> Ranking:
    if run in files.runs:
        return Ranking(ids={q: ranked for q, ranked in read_run(files.runs[run]).items() if q in shown})
    texts: dict[str, Sequence[str]] = {}
    for each in read_predictions(files.predictions[run]):
        if each.id in shown:
            texts.setdefault(each.id, each.passages)
    return Ranking(texts=texts)


def _asked(files: RunFiles, shown: Collection[str]) -> tuple[dict[str, UserText], dict[str, Sequence[UserText]]]:
    """Questions and answers, as far as topics or gold file say them."""
    questions = {
        identifier: UserText(text, language_tag(language), text_direction(language))
        for language, file in files.topics
        for identifier, text in read_topics(file)
        if identifier in shown
    }
    answers: dict[str, Sequence[UserText]] = {}
    for identifier, gold in read_gold(files.gold).items() if files.gold and shown else ():
        if identifier in shown:
            questions[identifier] = UserText(gold.question, language_tag(gold.language), text_direction(gold.language))
            answers[identifier] = [UserText(answer) for answer in gold.answers]
    return questions, answers


def _passages(corpus: Path, first: Collection[str], relevant: Collection[str]) -> dict[str, Passage]:
    """The passages that are shown, and no others. Relevant ones may be missing: qrels can be of a larger corpus."""
    passages = _records(corpus, {*first, *relevant}, parse_passage)
    if missing := sorted(set(first) - passages.keys()):
        raise InvalidInput(
            f"{corpus}: {len(missing)} of the runs' first passages are not in it, {', '.join(missing[:EXAMPLES])} "
            "among them; the corpus that the index was built from is expected"
        )
    return passages


def _queries(path: Path, wanted: Collection[str]) -> dict[str, Mapping[str, Sequence[str]]]:
    return {identifier: found.queries for identifier, found in _records(path, wanted, parse_queries).items()}


def _records(path: Path, wanted: Collection[str], parse: Callable[[Record], T]) -> dict[str, T]:
    """The records of some ids; of an id that is there twice the first one counts."""
    missing, found = set(wanted), dict[str, T]()
    records: Iterator[Record] = (record for file in jsonl_files(path) for record in read_records(file))
    while missing and (record := next(records, None)) is not None:
        if (identifier := passage_id(record)) in missing:
            missing.remove(identifier)
            found[identifier] = parse(record)
    return found
