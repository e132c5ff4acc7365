"""Which settings come out best on dev questions: python benchmarks/choose_settings.py --mlqa FOLDER --afriqa FOLDER.

Of each collection one index keeps its vectors (multilingual-e5-small with 4-bit weights, or --model), and one sweep
tries weights of the mean query, with and without unit length, and shares of hubness. Both rules of choosing, by five
folds: what they chose, and what that reaches on the questions it was not chosen on, beside plain and controls. Then
what was chosen on all questions of one collection is held against plain on the others. Queries: those of the demo's
collection (--bundled), those that are given (--queries NAME=PATH), else the lexicon's, where dictionaries are installed
(see docs/generation.md). What was encoded stays in --work.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.afriqa import read_afriqa_folder
from pyserini_xqg.collection.datasets.retrieval_set import (
    Question,
    RetrievalSet,
    write_corpus,
    write_qrels,
    write_queries,
    write_topics,
)
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.demo.collections import bundled
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.evaluation import QuestionSet, Sweep, SweepSettings
from pyserini_xqg.evaluation.sweep.grid import PLAIN, RULES, Point
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, dictionaries
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.reporting.sweep.text import sweep_as_text

MEASURES = ("Success@1", "RR@10")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlqa", type=Path, help="folder with dev-context-en-question-*.json")
    parser.add_argument("--afriqa", type=Path, help="folder with gold_span_passages.afriqa.*.json")
    parser.add_argument("--bundled", action="store_true", help="the demo's collection")
    parser.add_argument("--queries", action="append", default=[], help="NAME=PATH, of the collection mlqa or afriqa")
    parser.add_argument("--questions", type=int, help="of each language, the first so many [all]")
    parser.add_argument("--alpha", default="0.1,0.2,0.3,0.4,0.5", help="weights [0.1,0.2,0.3,0.4,0.5]")
    parser.add_argument("--hubness", default="0,0.5", help="shares of the mean query direction [0,0.5]")
    parser.add_argument("--model", default=str(multilingual_e5_small()))
    parser.add_argument("--work", type=Path, default=Path("indexes/choose-settings"), help="for queries and indexes")
    arguments = parser.parse_args()
    given = dict(each.split("=", 1) for each in arguments.queries)
    collections: dict[str, tuple[RetrievalSet, Path | None]] = {}
    if arguments.mlqa:
        collections["mlqa"] = read_squad_folder(arguments.mlqa), None
    if arguments.afriqa:
        collections["afriqa"] = read_afriqa_folder(arguments.afriqa, "dev"), None
    if arguments.bundled:
        data = bundled()
        write_queries(data.folds[0].queries, placed(arguments.work / "bundled") / "queries.jsonl")
        own = arguments.work / "bundled" / "queries.jsonl"
        collections["bundled"] = RetrievalSet(data.passages, data.questions), own
    alphas, hubness = (tuple(map(float, each.split(","))) for each in (arguments.alpha, arguments.hubness))
    sweeps: dict[str, tuple[Sweep, QuestionSet]] = {}
    chosen: dict[tuple[str, str], Point] = {}
    for name, (data, queries) in collections.items():
        folder = placed(arguments.work / name)
        index = kept(data, folder, arguments.model, Path(given[name]) if name in given else queries)
        questions = asked(data.questions, folder, arguments.questions)
        for rule in RULES:
            settings = SweepSettings(
                "mean", alphas=alphas, normalize=(False, True), hubness=hubness, num_queries=(None,), choose=rule
            )
            sweeps[name] = Sweep(index, MEASURES, settings), questions
            result = sweeps[name][0].cross_validate(questions)
            chosen[name, rule] = result.overall
            print(f"{name}, the {rule}; on all questions: {result.overall}\n{sweep_as_text(result)}\n", flush=True)
    for (name, rule), point in chosen.items():
        for other, (sweep, questions) in sweeps.items():
            if other != name:
                values = sweep.values(questions, sweep.grid.only([PLAIN, point])).macro(MEASURES[0])
                figures = f"{100 * values[0]:.1f} -> {100 * values[-1]:.1f}"
                print(f"{rule} on {name} ({point}), {MEASURES[0]} on {other}: {figures}", flush=True)


def kept(data: RetrievalSet, folder: Path, model: str, queries: Path | None) -> Path:
    """An index that keeps its vectors."""
    corpus, output = folder / "corpus.jsonl", folder / "kept"
    write_corpus(data.passages, corpus)
    if queries is None:
        able = sorted(set(data.questions) & set(dictionaries(FOLDER)))
        if not able:
            raise SystemExit(f"{folder.name}: no dictionary of its languages is installed; give --queries")
        queries = folder / "queries"
        made = make_generator("lexicon", corpus, able, encoder=model)
        XqgQueryBuilder(made, able, show_progress=True).build(corpus, queries)
    builder = XqgIndexBuilder(
        model, AugmentationSettings(alpha=0), IndexSettings(keep_vectors=True), show_progress=True
    )
    builder.build(corpus, queries, output)
    return output


def asked(questions: Mapping[str, Sequence[Question]], folder: Path, limit: int | None) -> QuestionSet:
    """The questions with their judgements, by way of the files that ``xqg sweep`` reads."""
    taken = {language: of[:limit] for language, of in questions.items()}
    files = [(language, folder / f"topics.{language}.tsv") for language in taken]
    for language, file in files:
        write_topics(taken[language], file)
    write_qrels([question for of in taken.values() for question in of], folder / "qrels.txt")
    return QuestionSet.read(files, folder / "qrels.txt")


def placed(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
