"""What queries add to one retriever, beside all their controls; training.py calls it for each model.

XQuAD's paragraphs and some contexts of MLQA dev, in one index in which the queries of all six languages count together,
and in one index a language, with its own queries only. Queries: keywords of the lexicon, the same dressed as questions,
what other generators have written, and as a reference people's questions: of XQuAD's paragraphs those that are not
asked (with an odd number in their paragraph), of MLQA's contexts all. Settings: weight 0.3 with unit length, which the
documents recommend, and what is chosen on the questions of the MLQA contexts, by both rules of `xqg sweep`: the best
without hubness reduction, and of all the simplest within a standard error. R@1 on XQuAD's other questions, its mean
over languages, with intervals and tests by clusters: translations of a question, and questions of a paragraph, go
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
from frozen_layers import FrozenLayers

from pyserini_xqg.collection.datasets.retrieval_set import Question, RetrievalSet, write_corpus
from pyserini_xqg.collection.passages import Passage, passage_text
from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.encoding.bundled_model import PASSAGE_PREFIX, QUERY_PREFIX
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.settings import EncoderSettings, Kind
from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.comparison.comparison import compare_runs
from pyserini_xqg.evaluation.comparison.differences import Difference
from pyserini_xqg.evaluation.sweep.grid import ALL, Point, Rule
from pyserini_xqg.evaluation.sweep.grid import PLAIN as PLAIN_POINT
from pyserini_xqg.evaluation.sweep.selection import GridValues, choose
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.exchange import exchange
from pyserini_xqg.indexing.formula import augment, finish, unit
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.jsonl import jsonl_files, read_records

LANGUAGES = ("ar", "es", "hi", "ru", "vi", "zh")
QUESTION_TOKENS, PASSAGE_TOKENS = 64, 256
QUERIES = 2  # of each passage in each language
RECOMMENDED = AugmentationSettings(alpha=0.3, aggregate="mean", normalize=True)
PLAIN = replace(RECOMMENDED, alpha=0.0)
ALPHAS, HUBNESS = (0.05, 0.1, 0.2, 0.3, 0.4), (0.0, 0.5)
GRID = [
    replace(RECOMMENDED, alpha=alpha, normalize=normalize, reduce_hubness=hubness)
    for hubness, normalize, alpha in product(HUBNESS, (False, True), (0.0, *ALPHAS))
]
MEASURE = "Success@1"
SHUFFLED, MEAN = "shuffled", "mean"
KEYWORDS, DRESSED, PEOPLE = "keywords", "dressed", "people's"
OWN = ", own language"

Hits = Mapping[str, np.ndarray]
QueryTexts = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class Vectors:
    """Of one model.

    Attributes
    ----------
    passages : float32 array of shape (passages, d)
    questions : mapping
        ``dev`` and ``test`` to language to a float32 array.
    sums, counts : mapping
        Kind of queries to the sums of each passage's vectors, shape (passages, languages, d), and to their numbers,
        shape (passages, languages).
    """

    passages: np.ndarray
    questions: Mapping[str, Mapping[str, np.ndarray]]
    sums: Mapping[str, np.ndarray]
    counts: Mapping[str, np.ndarray]

    def index(
        self, kind: str, settings: AugmentationSettings, control: str | None = None, language: str | None = None
    ) -> np.ndarray:
        """The vectors of an index with the queries of a language, or of all of them."""
        columns = range(len(LANGUAGES)) if language is None else [LANGUAGES.index(language)]
        sums, counts = self.sums[kind][:, columns].sum(axis=1), self.counts[kind][:, columns]
        direction = unit(sums.sum(axis=0))
        if control == SHUFFLED:
            partners = exchange(QueryNumbers.of_counts(counts), seed=0).partners
            sums, counts = sums[partners], counts[partners]
        numbers = counts.sum(axis=1)
        if control == MEAN:
            sums = np.float32(numbers)[:, None] * (sums.sum(axis=0) / numbers.sum())
        return finish(augment(self.passages, sums, numbers, settings), settings, direction)


class RetrieverGain:
    """The collection, and the report on a model.

    Parameters
    ----------
    mlqa : RetrievalSet
    held : sequence of Passage
        The contexts of MLQA that are searched, and whose questions settings are chosen on.
    xquad : RetrievalSet
    work : Path
        For queries, vectors and results.
    lower : FrozenLayers
        Of all models.
    generated : mapping
        A generator's name to folders with its queries of these passages.
    """

    def __init__(
        self,
        mlqa: RetrievalSet,
        held: Sequence[Passage],
        xquad: RetrievalSet,
        work: Path,
        lower: FrozenLayers,
        generated: Mapping[str, Sequence[Path]],
    ):
        self._generated = generated
        names = {passage.id: f"m{passage.id}" for passage in held}
        self.passages = [*(replace(passage, id=names[passage.id]) for passage in held), *xquad.passages]
        self._rows = {passage.id: row for row, passage in enumerate(self.passages)}
        self._work, self._lower = work, lower
        dev = {
            language: [
                replace(
                    each, id=f"{language}-m{each.id.removeprefix(f'{language}-')}", passage_id=names[each.passage_id]
                )
                for each in mlqa.questions.get(language, ())
                if each.passage_id in names
            ]
            for language in LANGUAGES
        }
        test: dict[str, list[Question]] = {}
        self._people: dict[str, dict[str, list[str]]] = {}
        for language in LANGUAGES:
            met: dict[str, int] = {}
            for each in xquad.questions[language]:
                number = met[each.passage_id] = met.get(each.passage_id, -1) + 1
                own = self._people.setdefault(each.passage_id, {}).setdefault(language, [])
                if number % 2 == 0:
                    test.setdefault(language, []).append(each)
                elif len(own) < QUERIES:
                    own.append(each.text)
        self.asked = {"dev": {code: of for code, of in dev.items() if of}, "test": test}

    def report(self, name: str, model: Path, dictionaries: Path) -> None:
        """Encode what is not encoded, choose on dev, and print what it says of test."""
        kinds = {KEYWORDS: None, DRESSED: self._work / "questions"}
        written = {kind: self._lexicon(kind, dictionaries, questions) for kind, questions in kinds.items()}
        written |= {kind: self._read(folders) for kind, folders in self._generated.items()}
        vectors = self._encode(name, model, {**written, PEOPLE: self._people})
        runs: dict[str, Hits] = {"plain": self._hits("test", vectors, KEYWORDS, PLAIN)}
        for kind, own in product(vectors.sums, (False, True)):
            # MLQA's questions are people's there, and a generator may have met them: what keywords choose is taken.
            of_dev = kind if kind in kinds else KEYWORDS
            chosen = {
                "recommended": RECOMMENDED,
                "best on MLQA": self._choose(vectors, of_dev, own, "best", (0.0,)),
                "simplest on MLQA": self._choose(vectors, of_dev, own, "simplest", HUBNESS),
            }
            said = kind + OWN * own
            for how, point in chosen.items():
                for control in (None, SHUFFLED, MEAN):
                    runs[_run(said, how, control)] = self._hits("test", vectors, kind, point, control, own)
                self._print(name, said, how, point, runs)
            alone = replace(PLAIN, normalize=False, reduce_hubness=HUBNESS[-1])
            runs[_run(said, "hubness alone", None)] = self._hits("test", vectors, kind, alone, None, own)
            self._print(name, said, "hubness alone", alone, runs)
            self._print_grid(name, kind, own, vectors)
        self._print_pairs(name, runs)

    def _choose(
        self, vectors: Vectors, kind: str, own: bool, rule: Rule, hubness: Sequence[float]
    ) -> AugmentationSettings:
        """What `xqg sweep` would choose on dev."""
        points = [point for point in GRID if point.reduce_hubness in hubness]
        questions = {code: [each.id for each in of] for code, of in self.asked["dev"].items()}
        qrels = {each.id: {each.passage_id: 1} for of in self.asked["dev"].values() for each in of}
        hits = [self._hits("dev", vectors, kind, point, None, own) for point in points]
        values = {code: np.array([of[code] for of in hits], dtype=np.float64) for code in questions}
        named = [
            Point(ALL, None, each.reduce_hubness, each.alpha, each.normalize)
            if each.alpha or each.reduce_hubness
            else PLAIN_POINT
            for each in points
        ]
        grid = GridValues(named, questions, {MEASURE: values})
        return points[choose(grid, MEASURE, rule=rule, clusters=find_clusters(questions, qrels))]

    def _hits(
        self,
        part: str,
        vectors: Vectors,
        kind: str,
        settings: AugmentationSettings,
        control: str | None = None,
        own: bool = False,
    ) -> Hits:
        """Whether each question's passage comes first, by language; of an index a language with its own queries."""
        asked = self.asked[part]
        indexes = {code: vectors.index(kind, settings, control, code) for code in (asked if own else (None,))}
        return {
            code: (vectors.questions[part][code] @ indexes[code if own else None].T).argmax(axis=1)
            == [self._rows[question.passage_id] for question in of]
            for code, of in asked.items()
        }

    def _difference(self, one: Hits, other: Hits) -> Difference:
        languages = {code: [each.id for each in of] for code, of in self.asked["test"].items()}
        qrels = {each.id: {each.passage_id: 1} for of in self.asked["test"].values() for each in of}
        values = {
            run: {each: float(hit) for code in languages for each, hit in zip(languages[code], hits[code], strict=True)}
            for run, hits in (("other", other), ("one", one))
        }
        return compare_runs(values, languages, clusters=find_clusters(languages, qrels)).differences["one"]

    def _print(self, name: str, kind: str, how: str, point: AugmentationSettings, runs: Mapping[str, Hits]) -> None:
        """A line of the table."""
        own = runs[_run(kind, how, None)]
        gain = self._difference(own, runs["plain"])
        cells = [name, kind, how, _setting(point), _percent(runs["plain"]), _percent(own), _interval(gain)]
        for control in (SHUFFLED, MEAN):
            if (run := _run(kind, how, control)) in runs:
                cells += [_percent(runs[run]), _interval(self._difference(own, runs[run]))]
        print("| " + " | ".join(cells) + " |", flush=True)
        by_language = {code: _interval_of(gain, code) for code in self.asked["test"]}
        print("    " + ", ".join(f"{code} {100 * own[code].mean():.1f} ({by})" for code, by in by_language.items()))

    def _print_grid(self, name: str, kind: str, own: bool, vectors: Vectors) -> None:
        """Every weight: on dev, on test, and its controls on test."""
        for point in GRID:
            if not point.reduce_hubness:
                columns = [_percent(self._hits("dev", vectors, kind, point, None, own)) if kind != PEOPLE else "-"]
                columns += [
                    _percent(self._hits("test", vectors, kind, point, control, own))
                    for control in (None, SHUFFLED, MEAN)
                ]
                print(f"    {name}, {kind}{OWN * own}, {_setting(point)}: " + ", ".join(columns), flush=True)

    def _print_pairs(self, name: str, runs: Mapping[str, Hits]) -> None:
        """Dressed against bare keywords, and this model against the others that were reported on."""
        for how in ("recommended", "best on MLQA"):
            dressed, bare = (runs[_run(kind, how, None)] for kind in (DRESSED, KEYWORDS))
            print(f"{name}, {how}: dressed - keywords {_interval(self._difference(dressed, bare))}")
        results = self._work / "results"
        results.mkdir(exist_ok=True)
        np.savez(results / f"{name}.npz", **{f"{run}/{code}": of[code] for run, of in runs.items() for code in of})
        for file in sorted(results.glob("*.npz")):
            if file.stem != name:
                self._print_models(name, runs, file)

    def _print_models(self, name: str, runs: Mapping[str, Hits], other: Path) -> None:
        """A model against another one, both plain and both with keywords, of all languages and of each its own."""
        with np.load(other) as kept:
            for run in ("plain", *(_run(KEYWORDS + own, "recommended", None) for own in ("", OWN))):
                before = {code: kept[f"{run}/{code}"] for code in self.asked["test"]}
                difference = _interval(self._difference(runs[run], before))
                print(f"{name} - {other.stem}, {run}: {difference}", flush=True)

    def _lexicon(self, kind: str, dictionaries: Path, questions: Path | None) -> QueryTexts:
        """The lexicon's queries of all passages."""
        corpus, output = self._work / "corpus.jsonl", self._work / f"queries-{kind}"
        write_corpus(self.passages, corpus)
        write_queries(corpus, output, dictionaries, questions)
        return self._read([output])

    def _read(self, folders: Sequence[Path]) -> QueryTexts:
        """Queries of these passages, those of all folders together."""
        together: dict[str, dict[str, list[str]]] = {}
        for record in (each for folder in folders for file in jsonl_files(folder) for each in read_records(file)):
            found = parse_queries(record)
            for code, texts in found.queries.items() if found.id in self._rows else ():
                together.setdefault(found.id, {}).setdefault(code, []).extend(texts)
        return together

    def _encode(self, name: str, model: Path, kinds: Mapping[str, QueryTexts]) -> Vectors:
        folder = self._work / "vectors" / name
        folder.mkdir(parents=True, exist_ok=True)
        opened = _Encoder(model, self._lower)

        def kept(file: str, texts: Sequence[str], kind: Kind) -> np.ndarray:
            path = folder / f"{file}.npy"
            if not path.exists():
                vectors = opened.encoder.encode(texts, kind)
                np.save(path.with_suffix(".tmp.npy"), vectors)
                path.with_suffix(".tmp.npy").replace(path)
            return np.load(path)

        passages = kept("passages", [passage_text(each.title, each.text) for each in self.passages], "passage")
        questions = {
            part: {code: kept(f"{part}-{code}", [each.text for each in of], "query") for code, of in by.items()}
            for part, by in self.asked.items()
        }
        sums, counts = {}, {}
        for kind, queries in kinds.items():
            sums[kind] = np.zeros((len(passages), len(LANGUAGES), passages.shape[1]), dtype=np.float32)
            counts[kind] = np.zeros((len(passages), len(LANGUAGES)), dtype=np.int64)
            for column, code in enumerate(LANGUAGES):
                texts = [(self._rows[each], text) for each, of in queries.items() for text in of.get(code, ())]
                rows = [row for row, _ in texts]
                np.add.at(sums[kind][:, column], rows, kept(f"{kind}-{code}", [text for _, text in texts], "query"))
                np.add.at(counts[kind][:, column], rows, 1)
        # Or the contexts of MLQA would be ahead or behind for having no queries.
        for code, of in self.asked["dev"].items():
            rows = [self._rows[each.passage_id] for each in of]
            np.add.at(sums[PEOPLE][:, LANGUAGES.index(code)], rows, questions["dev"][code])
            np.add.at(counts[PEOPLE][:, LANGUAGES.index(code)], rows, 1)
        return Vectors(passages, questions, sums, counts)


class _Encoder:
    """A model that is opened when it is needed."""

    def __init__(self, model: Path, lower: FrozenLayers):
        self._model, self._lower = model, lower

    @cached_property
    def encoder(self) -> TextEncoder:
        settings = EncoderSettings(
            str(self._model),
            query_prefix=QUERY_PREFIX,
            passage_prefix=PASSAGE_PREFIX,
            query_max_length=QUESTION_TOKENS,
            passage_max_length=PASSAGE_TOKENS,
            dtype="bfloat16",
        )
        encoder = TextEncoder(settings, "cpu")
        self._lower.use_in(encoder._model)
        return encoder


def write_queries(corpus: Path, output: Path, dictionaries: Path, questions: Path | None = None) -> None:
    """The lexicon's queries of a corpus, bare or dressed."""
    made = make_generator("lexicon", corpus, LANGUAGES, dictionaries=dictionaries, questions=questions)
    XqgQueryBuilder(made, LANGUAGES, num_queries=QUERIES, show_progress=True).build(corpus, output)


def _run(kind: str, how: str, control: str | None) -> str:
    return f"{kind}, {how}" + (f", {control}" if control else "")


def _macro(hits: Hits) -> float:
    return float(np.mean([of.mean() for of in hits.values()]))


def _percent(hits: Hits) -> str:
    return f"{100 * _macro(hits):.1f}"


def _setting(point: AugmentationSettings) -> str:
    parts = [f"w {point.alpha:g}", "unit length" * point.normalize, f"hubness {point.reduce_hubness:g}"]
    return ", ".join(part for part in parts if part and part != "hubness 0")


def _interval(difference: Difference) -> str:
    return f"{_interval_of(difference, 'mean')}, p {difference.overall.p:.4f}"


def _interval_of(difference: Difference, row: str) -> str:
    found = difference.at(row)
    assert found.interval is not None
    low, high = found.interval
    return f"{100 * found.difference:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
