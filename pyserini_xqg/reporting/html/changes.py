"""Questions on which a run differs from the baseline, with what was found, what is relevant, and what was generated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

from langcodes import Language
from langcodes.tag_parser import LanguageTagError

from pyserini_xqg.collection.languages import language_code, language_name
from pyserini_xqg.collection.passages import Passage, parse_passage, passage_id
from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.comparison.differences import Change
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.files.qrels import read_qrels
from pyserini_xqg.evaluation.files.trec import read_run
from pyserini_xqg.evaluation.files.xor_retrieve import read_gold, read_predictions
from pyserini_xqg.evaluation.run_files import RunFiles
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records

EXAMPLES = 3
RELEVANT = 2  # relevant passages of a question that are shown at most
RIGHT_TO_LEFT = {"Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}

T = TypeVar("T")


@dataclass(frozen=True)
class Text:
    """Text of a user, and how a browser is to set it: BCP 47 code ("" if unknown) and direction."""

    text: str
    language: str = ""
    direction: str = "auto"


@dataclass(frozen=True)
class Queries:
    """The generated queries of a passage in one language."""

    name: str
    texts: Sequence[Text]
    own: bool


@dataclass(frozen=True)
class Found:
    """A passage beside a question.

    Attributes
    ----------
    roles : sequence of str
        Why it is there: the first one of a run, a relevant one.
    id : str
        "" for predictions, which have texts only.
    title, text : Text or None
        None without a corpus.
    relevant : bool
    ranks : str
        Where the two runs have it, if it is relevant.
    queries : sequence of Queries
        Those in the question's language first.
    """

    roles: Sequence[str]
    id: str
    title: Text | None
    text: Text | None
    relevant: bool
    ranks: str
    queries: Sequence[Queries]


@dataclass(frozen=True)
class ChangedQuestion:
    """A question, its values before and after by every measure on which it differs, and its passages."""

    id: str
    won: bool
    text: Text | None
    answers: Sequence[Text]
    values: Sequence[tuple[str, float, float]]
    passages: Sequence[Found]


@dataclass(frozen=True)
class ChangedGroup:
    """The questions of one run and language that are shown.

    Attributes
    ----------
    run, baseline, language : str
    won, lost : int
        How many there are.
    questions : sequence of ChangedQuestion
        Those shown.
    """

    run: str
    baseline: str
    language: str
    won: int
    lost: int
    questions: Sequence[ChangedQuestion]


@dataclass(frozen=True)
class _Changed:
    """A question's values by measure, before and after."""

    question: str
    values: Mapping[str, Change]

    @property
    def first(self) -> Change:
        return next(iter(self.values.values()))

    @property
    def won(self) -> bool:
        return self.first.after > self.first.before


@dataclass(frozen=True)
class _Ranking:
    """What a run has for its questions: ids, or texts."""

    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)


def changed_questions(
    reports: Sequence[MeasureReport], files: RunFiles, queries: Path | None, limit: int
) -> list[ChangedGroup]:
    """The questions that changed most, of each run that is no control and of each language.

    The first measure on which a question differs says whether it is won or lost; measures are in the order in which
    they were given, so questions that differ on the first one come first, largest difference first. Of `limit` ones
    one half are won and one half lost, as far as there are any.

    Parameters
    ----------
    reports : sequence of MeasureReport
    files : RunFiles
        What they were made of.
    queries : Path or None
        A file or folder of generated queries.
    limit : int
        How many questions of a run and language are shown.

    Raises
    ------
    InvalidInput
        The corpus has not all passages that are first in a run.
    """
    only_controls = {control for control, _ in files.controls} - {run for _, run in files.controls}
    baseline = reports[0].comparison.baseline
    runs = [run for run in reports[0].comparison.differences if run not in only_controls]
    languages = list(dict.fromkeys(language for report in reports for language in report.comparison.questions))
    chosen: dict[tuple[str, str], tuple[list[_Changed], list[_Changed]]] = {}
    for run in runs:
        for language, changed in _changed(reports, run).items():
            chosen[run, language] = _most(changed, limit), changed
    shown = {each.question for some, _ in chosen.values() for each in some}
    material = _Material.read(files, queries, [baseline, *runs], shown)
    return [
        ChangedGroup(
            run,
            baseline,
            language,
            sum(each.won for each in every),
            sum(not each.won for each in every),
            [material.question(each, run, baseline, language) for each in some],
        )
        for run in runs
        for language in languages
        if (run, language) in chosen
        for some, every in [chosen[run, language]]
    ]


def direction(language: str) -> str:
    """The ``dir`` attribute of text in a language: ``rtl`` by its usual script, else what its first letter says."""
    code = tag(language)
    return "rtl" if code and _script(code) in RIGHT_TO_LEFT else "auto"


def tag(language: str) -> str:
    """The ``lang`` attribute of a language as files write it; "" if it is none."""
    try:
        return language_code(language)
    except InvalidInput:
        return ""


@cache
def _script(code: str) -> str | None:
    try:
        return Language.get(code).maximize().script
    except LanguageTagError:
        return None


def _changed(reports: Sequence[MeasureReport], run: str) -> dict[str, list[_Changed]]:
    """All that changed, by language; those that changed most first."""
    by_language: dict[str, dict[str, dict[str, Change]]] = {}
    for report in reports:
        for change in report.comparison.differences[run].changes:
            questions = by_language.setdefault(change.language, {})
            questions.setdefault(change.question, {})[report.measure] = change
    order = [report.measure for report in reports]

    def key(changed: _Changed) -> list[float]:
        return [-abs(each.after - each.before) if (each := changed.values.get(m)) else 0.0 for m in order]

    return {
        language: sorted((_Changed(question, values) for question, values in questions.items()), key=key)
        for language, questions in by_language.items()
    }


def _most(changed: Sequence[_Changed], limit: int) -> list[_Changed]:
    """The first ones, one half won and one half lost as far as there are any; won first."""
    won, lost = ([each for each in changed if each.won is sign] for sign in (True, False))
    of_lost = min(len(lost), max(limit // 2, limit - len(won)))
    return [*won[: limit - of_lost], *lost[:of_lost]]


@dataclass(frozen=True)
class _Material:
    """All that is known of the questions that are shown."""

    questions: Mapping[str, Text]
    answers: Mapping[str, Sequence[Text]]
    rankings: Mapping[str, _Ranking]
    qrels: Mapping[str, Mapping[str, int]]
    passages: Mapping[str, Passage]
    queries: Mapping[str, Mapping[str, Sequence[str]]]
    has_corpus: bool

    @classmethod
    def read(cls, files: RunFiles, queries: Path | None, runs: Collection[str], shown: Collection[str]) -> _Material:
        rankings = {run: _ranking(files, run, shown) for run in runs} if shown else {}
        qrels = {q: judged for q, judged in read_qrels(files.qrels).items() if q in shown} if files.qrels else {}
        first = {ids[0] for ranking in rankings.values() for ids in ranking.ids.values() if ids}
        relevant = {passage for question in shown for passage in _relevant(qrels.get(question, {}))}
        passages = _passages(files.corpus, first, relevant) if files.corpus and shown else {}
        return cls(
            *_asked(files, shown),
            rankings,
            qrels,
            passages,
            _queries(queries, first | relevant) if queries and shown else {},
            files.corpus is not None,
        )

    def question(self, changed: _Changed, run: str, baseline: str, language: str) -> ChangedQuestion:
        """What is shown of one."""
        question = changed.question
        before, after = self.rankings[baseline], self.rankings[run]
        roles: dict[tuple[str, str], list[str]] = {}
        for name, ranking in ((baseline, before), (run, after)):
            ids, texts = ranking.ids.get(question, ()), ranking.texts.get(question, ())
            if ids or texts:
                place = (ids[0], "") if ids else ("", texts[0])
                roles.setdefault(place, []).append(f"first of {name}")
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
        roles: Sequence[str],
        rankings: Mapping[str, _Ranking],
        language: str,
    ) -> Found:
        identifier, text = place
        passage = self.passages.get(identifier)
        relevant = self.qrels.get(question, {}).get(identifier, 0) > 0
        if identifier and passage is None:
            shown = Text("(not in the corpus)") if self.has_corpus else None
        else:
            shown = Text((passage.text if passage else text) or "(empty)")
        return Found(
            roles,
            identifier,
            Text(passage.title) if passage and passage.title else None,
            shown,
            relevant,
            "; ".join(_rank(name, ranking.ids.get(question, ()), identifier) for name, ranking in rankings.items())
            if relevant
            else "",
            self._queries_of(identifier, tag(language)),
        )

    def _queries_of(self, passage: str, own: str) -> list[Queries]:
        found = {code: texts for code, texts in self.queries.get(passage, {}).items() if texts}
        return [
            Queries(
                f"{language_name(code)} ({code})",
                [Text(text, code, direction(code)) for text in found[code]],
                code == own,
            )
            for code in sorted(found, key=lambda code: (code != own, code))
        ]


def _rank(run: str, ranked: Sequence[str], passage: str) -> str:
    if passage in ranked:
        return f"rank {ranked.index(passage) + 1} of {run}"
    return f"not among the {len(ranked)} of {run}" if ranked else f"nothing ranked by {run}"


def _relevant(judged: Mapping[str, int]) -> list[str]:
    """The most relevant passages, in the order of the qrels."""
    relevant = [passage for passage, grade in judged.items() if grade > 0]
    return sorted(relevant, key=lambda passage: -judged[passage])[:RELEVANT]


def _ranking(files: RunFiles, run: str, shown: Collection[str]) -> _Ranking:
    if run in files.runs:
        return _Ranking(ids={q: ranked for q, ranked in read_run(files.runs[run]).items() if q in shown})
    texts: dict[str, Sequence[str]] = {}
    for each in read_predictions(files.predictions[run]):
        if each.id in shown:
            texts.setdefault(each.id, each.passages)
    return _Ranking(texts=texts)


def _asked(files: RunFiles, shown: Collection[str]) -> tuple[dict[str, Text], dict[str, Sequence[Text]]]:
    """Questions and answers, as far as topics or gold file say them."""
    questions = {
        identifier: Text(text, tag(language), direction(language))
        for language, file in files.topics
        for identifier, text in read_topics(file)
        if identifier in shown
    }
    answers: dict[str, Sequence[Text]] = {}
    for identifier, gold in read_gold(files.gold).items() if files.gold and shown else ():
        if identifier in shown:
            questions[identifier] = Text(gold.question, tag(gold.language), direction(gold.language))
            answers[identifier] = [Text(answer) for answer in gold.answers]
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


def count_of(groups: Iterable[ChangedGroup]) -> int:
    """How many questions are shown."""
    return sum(len(group.questions) for group in groups)
