"""Which settings come out best on dev questions: python benchmarks/choose_settings.py --mlqa FOLDER --afriqa FOLDER.

Of each collection one index keeps its vectors (multilingual-e5-small with 4-bit weights, or --model), and one sweep
tries weights of the mean query, with and without unit length, and shares of hubness. Both rules of choosing, by five
folds: what they chose, and what that reaches on the questions it was not chosen on, beside plain and controls. Then
what was chosen on all questions of one collection is held against plain on the others. Queries: those of the demo's
collection (--bundled), those that are given (--queries NAME=PATH), else the lexicon's (see docs/generation.md), in the
collection's languages that there are dictionaries of or in other ones (--languages NAME=ar,sw). Of AfriQA the passages
that dev questions ask for are taken. What was encoded stays in --work.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from remembering import remembering

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
from pyserini_xqg.evaluation.sweep.grid import PLAIN, RULES, Point, Rule
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, dictionaries
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.reporting.sweep.files import write_sweep
from pyserini_xqg.reporting.sweep.text import sweep_as_text

MEASURES = ("Success@1", "RR@10")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mlqa", type=Path, help="folder with dev-context-en-question-*.json")
    parser.add_argument("--afriqa", type=Path, help="folder with gold_span_passages.afriqa.*.json")
    parser.add_argument("--bundled", action="store_true", help="the demo's collection")
    parser.add_argument("--queries", action="append", default=[], help="NAME=PATH, of the collection mlqa or afriqa")
    parser.add_argument("--dictionaries", type=Path, default=FOLDER, help=f"the lexicon's [{FOLDER}]")
    parser.add_argument("--languages", action="append", default=[], help="NAME=ar,sw, of the lexicon's queries [all]")
    parser.add_argument("--num-queries", type=int, default=5, help="of the lexicon, in each language [5]")
    parser.add_argument("--every", action="append", default=[], help="NAME=N: every Nth passage and its questions [1]")
    parser.add_argument("--alpha", default="0.1,0.2,0.3,0.4,0.5", help="weights [%(default)s]")
    parser.add_argument("--hubness", default="0,0.5", help="shares of the mean query direction [0,0.5]")
    parser.add_argument("--model", default=str(multilingual_e5_small()))
    parser.add_argument("--work", type=Path, default=Path("indexes/choose-settings"), help="for queries and indexes")
    arguments = parser.parse_args()
    given, languages, every = (
        dict(each.split("=", 1) for each in of) for of in (arguments.queries, arguments.languages, arguments.every)
    )
    collections: dict[str, tuple[RetrievalSet, Path | None]] = {}
    if arguments.mlqa:
        collections["mlqa"] = read_squad_folder(arguments.mlqa), None
    if arguments.afriqa:
        collections["afriqa"] = asked_for(read_afriqa_folder(arguments.afriqa, "dev")), None
    if arguments.bundled:
        demo = bundled()
        own = placed(arguments.work / "bundled") / "queries.jsonl"
        write_queries(demo.folds[0].queries, own)
        collections["bundled"] = RetrievalSet(demo.passages, demo.questions), own
    alphas, hubness = (tuple(map(float, each.split(","))) for each in (arguments.alpha, arguments.hubness))
    sweeps: dict[str, tuple[Sweep, QuestionSet]] = {}
    chosen: dict[tuple[str, Rule], Point] = {}
    for name, (whole, queries) in collections.items():
        data = every_nth(whole, int(every.get(name, 1)))
        folder = placed(arguments.work / name)
        if name in given:
            queries = Path(given[name])
        elif queries is None:
            codes = languages[name].split(",") if name in languages else sorted(data.questions)
            queries = written(data, folder, codes, arguments.dictionaries, arguments.num_queries)
        index = kept(data, folder, arguments.model, queries)
        open_encoder = remembering(folder)
        questions = asked(data.questions, folder)
        for rule in RULES:
            settings = SweepSettings(
                "mean", alphas=alphas, normalize=(False, True), hubness=hubness, num_queries=(None,), choose=rule
            )
            sweep = Sweep(index, MEASURES, settings, open_encoder=open_encoder)
            sweeps[name] = sweep, questions
            result = sweep.cross_validate(questions)
            write_sweep(result, sweep.described(5, 0, questions), folder / f"sweep-{rule}")
            chosen[name, rule] = result.overall
            print(f"{name}, the {rule}; on all questions: {result.overall}\n{sweep_as_text(result)}\n", flush=True)
    for (name, by), point in chosen.items():
        for other, (sweep, questions) in sweeps.items():
            if other != name:
                values = sweep.values(questions, sweep.grid.only([PLAIN, point])).macro(MEASURES[0])
                figures = f"{100 * values[0]:.1f} -> {100 * values[-1]:.1f}"
                print(f"{by} on {name} ({point}), {MEASURES[0]} on {other}: {figures}", flush=True)


def asked_for(data: RetrievalSet) -> RetrievalSet:
    """Without the passages that no question asks for."""
    right = {question.passage_id for of in data.questions.values() for question in of}
    return RetrievalSet([passage for passage in data.passages if passage.id in right], data.questions)


def every_nth(data: RetrievalSet, step: int) -> RetrievalSet:
    """Every Nth passage, and the questions that ask for one of them."""
    passages = data.passages[::step]
    there = {passage.id for passage in passages}
    questions = {language: [each for each in of if each.passage_id in there] for language, of in data.questions.items()}
    return RetrievalSet(passages, questions)


def written(data: RetrievalSet, folder: Path, languages: Sequence[str], dictionary_folder: Path, number: int) -> Path:
    """The lexicon's queries in those of the languages that there are dictionaries of."""
    able = sorted(set(languages) & set(dictionaries(dictionary_folder)))
    if not able:
        raise SystemExit(f"{folder.name}: no dictionary of {', '.join(languages)}; give --languages or --queries")
    corpus, output = folder / "corpus.jsonl", folder / "queries"
    write_corpus(data.passages, corpus)
    generator = make_generator("lexicon", corpus, able, dictionaries=dictionary_folder)
    XqgQueryBuilder(generator, able, number, show_progress=True).build(corpus, output)
    return output


def kept(data: RetrievalSet, folder: Path, model: str, queries: Path) -> Path:
    """An index that keeps its vectors."""
    corpus, output = folder / "corpus.jsonl", folder / "kept"
    write_corpus(data.passages, corpus)
    settings = IndexSettings(keep_vectors=True)
    XqgIndexBuilder(model, AugmentationSettings(alpha=0), settings, show_progress=True).build(corpus, queries, output)
    return output


def asked(questions: Mapping[str, Sequence[Question]], folder: Path) -> QuestionSet:
    """The questions with their judgements, by way of the files that ``xqg sweep`` reads."""
    files = [(language, folder / f"topics.{language}.tsv") for language in questions]
    for language, file in files:
        write_topics(questions[language], file)
    write_qrels([question for of in questions.values() for question in of], folder / "qrels.txt")
    return QuestionSet.read(files, folder / "qrels.txt")


def placed(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
