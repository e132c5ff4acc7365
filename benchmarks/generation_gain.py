"""What generated queries gain on real questions: python benchmarks/generation_gain.py --xquad FOLDER --mlqa FOLDER.

English paragraphs, questions in other languages, multilingual-e5-small (4-bit weights). Each language's index has the
queries of that language only, at weight w of their mean. w is chosen on MLQA for each generator and language (the best
R@1; for a language that MLQA does not have, the best macro mean over those it has) and reported on XQuAD, where every
figure is of an index built by the library and searched by stock Pyserini. Beside each generator stand its controls,
and human questions: those of the same paragraph in the same language, half of them added while the other half is
asked, at a weight of 0.3 that was not tuned.

Generators: the lexicon (needs dictionaries, see docs/generation.md) and gemma-3-270m (see benchmarks/gemma.py). What is
generated stays in --work, and is gone on with when the script is run again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gemma import gemma3_270m
from pyserini.search.faiss import FaissSearcher

from pyserini_xqg.collection.datasets.retrieval_set import Question, RetrievalSet, write_corpus, write_queries
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.collection.languages import language_name
from pyserini_xqg.demo.collections import squad
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.comparison.significance import compare, holm
from pyserini_xqg.evaluation.measures.recall_at_tokens import hits
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, dictionaries
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.formula import augment
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.plugin.encoders import XqgQueryEncoder

WEIGHTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
HUMAN_WEIGHT = 0.3
DEPTH = 50
TOKENS = 2000
TUNED_PASSAGES = 60  # of MLQA, for a generator that takes a second or more a passage and language
CONDITIONS = ("", "shuffled", "mean")


@dataclass(frozen=True)
class Figures:
    """Per question: the rank of its paragraph from 0 (`DEPTH` if it was not found), and whether R@2kt has a hit."""

    ranks: np.ndarray
    answered: np.ndarray

    def row(self) -> str:
        """R@1, R@10, MRR@10 and R@2kt in per cent."""
        reciprocal = np.where(self.ranks < 10, 1 / (self.ranks + 1), 0)
        values = (self.ranks == 0, self.ranks < 10, reciprocal, self.answered)
        return "".join(f"{100 * value.mean():8.1f}" for value in values)


@dataclass
class Collection:
    """A collection with its plain index and its questions' vectors."""

    data: RetrievalSet
    folder: Path
    encoder: XqgQueryEncoder
    vectors: dict[str, np.ndarray]

    @classmethod
    def open(cls, data: RetrievalSet, folder: Path, model: str) -> Collection:
        """Build what is needed, or take it from a run before."""
        folder.mkdir(parents=True, exist_ok=True)
        write_corpus(data.passages, folder / "corpus.jsonl")
        XqgIndexBuilder(model, AugmentationSettings(alpha=0)).build(folder / "corpus.jsonl", None, folder / "plain")
        encoder = XqgQueryEncoder(str(folder / "plain"))
        asked = {
            language: encoder.encode_batch([question.text for question in questions])
            for language, questions in data.questions.items()
        }
        return cls(data, folder, encoder, asked)

    def search(self, index: Path, language: str, questions: Sequence[Question]) -> Figures:
        """Ask stock Pyserini some of a language's questions."""
        place = {question.id: row for row, question in enumerate(self.data.questions[language])}
        vectors = self.vectors[language][[place[question.id] for question in questions]]
        found = FaissSearcher(str(index), self.encoder).batch_search(vectors, [q.id for q in questions], DEPTH, 2)
        texts = {passage.id: passage.text for passage in self.data.passages}
        ranks, answered = [], []
        for question in questions:
            docids = [hit.docid for hit in found[question.id]]
            ranks.append(docids.index(question.passage_id) if question.passage_id in docids else DEPTH)
            read = (texts[docid] for docid in docids)
            answered.append(hits(read, question.answers, (TOKENS,))[TOKENS])
        return Figures(np.array(ranks), np.array(answered))

    def index(self, name: str, queries: Path, language: str, weight: float, control: str) -> Path:
        """The index of a language's queries at a weight, or of a control."""
        output = self.folder / "indexes" / f"{name}-{language}-{control or 'own'}-{weight}"
        settings = AugmentationSettings(alpha=weight, aggregate="mean", languages=(language,), control=control or None)
        XqgIndexBuilder(None, settings).augment(self.folder / "plain", queries, output)
        return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xquad", type=Path, required=True, help="folder with xquad.en.json, xquad.ar.json, ...")
    parser.add_argument("--mlqa", type=Path, required=True, help="folder with dev-context-en-question-*.json")
    parser.add_argument("--work", type=Path, default=Path("indexes/generation-gain"), help="for queries and indexes")
    parser.add_argument("--generator", action="append", choices=("lexicon", "gemma"), help="may be repeated [lexicon]")
    parser.add_argument("--language", action="append", help="generate in this one only; may be repeated [all]")
    arguments = parser.parse_args()
    model = str(multilingual_e5_small())
    tested = Collection.open(read_squad_folder(arguments.xquad), arguments.work / "xquad", model)
    dev = read_squad_folder(arguments.mlqa)
    shared = {language: asked for language, asked in dev.questions.items() if language in tested.data.questions}
    tuned = Collection.open(RetrievalSet(dev.passages, shared), arguments.work / "mlqa", model)
    chosen: dict[str, dict[str, float]] = {}
    figures: dict[tuple[str, str, str], Figures] = {}
    for language, questions in tested.data.questions.items():
        figures["plain", language, ""] = tested.search(tested.folder / "plain", language, questions)
    for generator in arguments.generator or ["lexicon"]:
        languages = [language for language in tested.data.questions if language in (arguments.language or [language])]
        tuning = [language for language in languages if language in tuned.data.questions]
        best = choose_weights(tuned, generator, written(tuned, generator, model, tuning, TUNED_PASSAGES))
        queries = written(tested, generator, model, languages)
        chosen[generator] = {language: best.get(language, best["other"]) for language in queries}
        for language in sorted(queries):
            for control in CONDITIONS:
                index = tested.index(generator, queries[language], language, chosen[generator][language], control)
                figures[generator, language, control] = tested.search(index, language, tested.data.questions[language])
    for language in tested.data.questions:
        for control in CONDITIONS:
            figures["human", language, control] = human(tested, arguments.xquad, language, control)
    report(tested.data.questions, figures, chosen)


def written(
    collection: Collection, generator: str, model: str, asked: Sequence[str], limit: int | None = None
) -> dict[str, Path]:
    """The folder with a generator's queries, for each language that it writes; a slow one stops at `limit`."""
    corpus, output = collection.folder / "corpus.jsonl", collection.folder / f"queries-{generator}"
    if generator == "lexicon":
        able = sorted(set(asked) & set(dictionaries(FOLDER)))
        made = make_generator("lexicon", corpus, able, encoder=model)
        XqgQueryBuilder(made, able, show_progress=True).build(corpus, output)
        return dict.fromkeys(able, output)
    model = str(gemma3_270m())
    # A language at a time, so that a run can be stopped after any of them.
    for language in asked:
        made = make_generator("causal", corpus, [language], model=model, temperature=0.5)
        XqgQueryBuilder(made, [language], 2, tries=1, limit=limit, show_progress=True).build(corpus, output)
    return dict.fromkeys(asked, output)


def choose_weights(collection: Collection, name: str, queries: Mapping[str, Path]) -> dict[str, float]:
    """Each language's weight with the best R@1, and under "other" the best by the macro mean.

    The sums of the vectors are kept, so that each query is encoded once.
    """
    best, found = {}, []
    for language, folder in queries.items():
        output = collection.folder / "indexes" / f"{name}-{language}-vectors"
        settings = AugmentationSettings(alpha=1, aggregate="mean", languages=(language,))
        builder = XqgIndexBuilder(None, settings, IndexSettings(keep_vectors=True))
        builder.augment(collection.folder / "plain", folder, output)
        passages, sums, counts = (
            np.load(output / "vectors" / f"{kind}.npy")
            for kind in ("passages", f"queries.{language}", f"counts.{language}")
        )
        rows = {identifier: row for row, identifier in enumerate((output / "docid").read_text().split())}
        right = np.array([rows[question.passage_id] for question in collection.data.questions[language]])
        judged = counts[right] > 0  # a slow generator wrote for some passages only
        asked, right = collection.vectors[language][judged], right[judged]
        found.append(
            [
                ((asked @ augment(passages, sums, counts, weighted(weight)).T).argmax(axis=1) == right).mean()
                for weight in (0.0, *WEIGHTS)
            ]
        )
        shown = "".join(f"{100 * value:7.1f}" for value in found[-1])
        print(f"MLQA {language} {name:8} R@1 at w = 0, {', '.join(map(str, WEIGHTS))}: {shown}", flush=True)
        best[language] = WEIGHTS[int(np.argmax(found[-1][1:]))]
    return best | {"other": WEIGHTS[int(np.mean(found, axis=0)[1:].argmax())]}


def weighted(weight: float) -> AugmentationSettings:
    return AugmentationSettings(alpha=weight, aggregate="mean")


def human(collection: Collection, xquad: Path, language: str, control: str) -> Figures:
    """Human questions as queries, each asked of the index that was made from the others."""
    ranks: dict[str, int] = {}
    answered: dict[str, bool] = {}
    for number, fold in enumerate(squad(xquad).folds):
        file = collection.folder / f"queries-human-{number}.jsonl"
        if not file.exists():
            write_queries(fold.queries, file)
        questions = fold.questions[language]
        index = collection.index(f"human{number}", file, language, HUMAN_WEIGHT, control)
        figures = collection.search(index, language, questions)
        for question, rank, answer in zip(questions, figures.ranks, figures.answered, strict=True):
            ranks[question.id], answered[question.id] = rank, answer
    order = [question.id for question in collection.data.questions[language]]
    return Figures(np.array([ranks[i] for i in order]), np.array([answered[i] for i in order]))


def report(
    questions: Mapping[str, Sequence[Question]],
    figures: Mapping[tuple[str, str, str], Figures],
    chosen: Mapping[str, Mapping[str, float]],
) -> None:
    """Print the table."""
    names = [*chosen, "human"]
    ids = {language: [question.id for question in asked] for language, asked in questions.items()}
    qrels = {question.id: {question.passage_id: 1} for asked in questions.values() for question in asked}
    clusters = find_clusters(ids, qrels).numbers(ids)
    p = {}
    for name in names:
        tests = {
            language: compare(
                (figures["plain", language, ""].ranks == 0).tolist(),
                (figures[name, language, ""].ranks == 0).tolist(),
                clusters[language],
            )
            for language in questions
            if (name, language, "") in figures
        }
        corrected = holm({language: test.p for language, test in tests.items()})
        p |= {(name, language): (tests[language], corrected[language]) for language in tests}
    print(f"\nweights chosen on MLQA: {dict(chosen)}; human: {HUMAN_WEIGHT}")
    print(f"{'':34}{'R@1':>8}{'R@10':>8}{'MRR@10':>8}{'R@2kt':>8}   won/lost       p   share of human gain")
    for language in questions:
        plain = figures["plain", language, ""]
        print(f"{language_name(language)} ({language})\n{'  plain':34}{plain.row()}")
        gain = gained(figures["human", language, ""], plain)
        for name in names:
            for control in CONDITIONS:
                if (name, language, control) not in figures:
                    continue
                found = figures[name, language, control]
                line = f"{f'  {name} {control}':34}{found.row()}"
                if not control:
                    test, value = p[name, language]
                    line += f"{f'{test.won}/{test.lost}':>11}{value:8.4f}{'*' if value < 0.05 else ' '}"
                    if name != "human" and gain > 0:
                        line += f"{100 * gained(found, plain) / gain:12.0f} %"
                print(line)
    print("\np: exact McNemar test on R@1 against plain, Holm-corrected over the languages, * below 0.05")


def gained(found: Figures, plain: Figures) -> float:
    return float((found.ranks == 0).mean() - (plain.ranks == 0).mean())


if __name__ == "__main__":
    main()
