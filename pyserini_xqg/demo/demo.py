"""Demo: four indexes, stock Pyserini's search and trec_eval as processes of their own, one table."""

from __future__ import annotations

import logging
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import ir_measures
from ir_measures import RR

from pyserini_xqg.demo.collections import DemoCollection
from pyserini_xqg.demo.results import AUGMENTED, HITS, MEASURES, PLAIN, ConditionScores, results_as_text
from pyserini_xqg.errors import XqgError
from pyserini_xqg.generation.backends.lexicon.dictionary import dictionaries as find_dictionaries
from pyserini_xqg.generation.backends.lexicon.dictionary import find_dictionary
from pyserini_xqg.generation.backends.lexicon.generator import LexiconGenerator
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.plugin import ENCODER_CLASS, installed

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class Condition:
    """One column of the table."""

    name: str
    settings: AugmentationSettings


def conditions(alpha: float) -> list[Condition]:
    """Plain, augmented, and the two controls: another passage's queries, and the mean query vector."""

    def mean_of_queries(**control: str) -> AugmentationSettings:
        return AugmentationSettings(alpha=alpha, aggregate="mean", **control)  # type: ignore[arg-type]

    return [
        Condition(PLAIN, AugmentationSettings(alpha=0)),
        Condition(AUGMENTED, mean_of_queries()),
        Condition("shuffled", mean_of_queries(control="shuffled")),
        Condition("mean", mean_of_queries(control="mean")),
    ]


def run_demo(
    collection: DemoCollection,
    model: str,
    output: Path,
    alpha: float,
    dictionaries: Path | None = None,
    show_progress: bool = True,
) -> str:
    """Build, search and score; the table.

    Parameters
    ----------
    collection : DemoCollection
    model : str
        The encoder.
    output : Path
        Gets the collection's files, the indexes and the runs; what is there from a run before is used again.
    alpha : float
        Weight of the mean of a passage's queries.
    dictionaries : Path or None
        A folder with dictionaries: the lexicon writes the queries, in the languages that have one; None takes the
        collection's own.
    show_progress : bool

    Raises
    ------
    XqgError
        A command of Pyserini failed.
    MissingPrerequisite
        There is no dictionary for any language of the collection.
    """
    collection.write(output)
    written = (
        None if dictionaries is None else write_lexicon_queries(collection, model, output, dictionaries, show_progress)
    )
    scores = {}
    for condition in conditions(alpha):
        runs = []
        for number in range(len(collection.folds)):
            index = output / "indexes" / f"{condition.name}-{number}"
            builder = XqgIndexBuilder(model, condition.settings, show_progress=show_progress)
            queries = written or output / f"queries-{number}.jsonl"
            builder.build(output / "corpus.jsonl", queries if condition.settings.alpha else None, index)
            runs.append(output / "runs" / f"{condition.name}-{number}.txt")
            _search(index, output / f"topics-{number}.tsv", runs[-1])
        whole = output / "runs" / f"{condition.name}.txt"
        whole.write_text("".join(run.read_text(encoding="utf-8") for run in runs), encoding="utf-8")
        scores[condition.name] = _score(output / "qrels.txt", whole)
    return results_as_text(collection.questions, scores)


def write_lexicon_queries(
    collection: DemoCollection, model: str, output: Path, dictionaries: Path, show_progress: bool
) -> Path:
    """The folder of the queries that the lexicon writes in the languages that have a dictionary."""
    asked = sorted(collection.questions)
    languages = [language for language in asked if language in find_dictionaries(dictionaries)]
    if not languages:
        find_dictionary(asked[0], dictionaries)  # says where there are some
    log.info("queries in %s by the lexicon; %s", ", ".join(languages), _lacking(set(asked) - set(languages)))
    corpus = output / "corpus.jsonl"
    lexicon = LexiconGenerator(corpus, languages, encoder=model, dictionaries=dictionaries, show_progress=show_progress)
    XqgQueryBuilder(lexicon, languages, show_progress=show_progress).build(corpus, output / "queries-lexicon")
    return output / "queries-lexicon"


def _lacking(languages: set[str]) -> str:
    return f"no dictionary for {', '.join(sorted(languages))}" if languages else "dictionaries for all languages"


def _search(index: Path, topics: Path, run: Path) -> None:
    run.parent.mkdir(parents=True, exist_ok=True)
    arguments = ["--index", index, "--encoder-class", ENCODER_CLASS, "--encoder", index, "--topics", topics]
    _pyserini("search.faiss", *arguments, "--output", run, "--hits", HITS, "--batch-size", 32, "--threads", 2)


def _score(qrels: Path, run: Path) -> ConditionScores:
    """Score by ir_measures and by trec_eval, which have to agree."""
    measures: dict[str, dict[str, float]] = {str(measure): {} for measure in MEASURES}
    judged = list(ir_measures.read_trec_qrels(str(qrels)))  # type: ignore[no-untyped-call]
    ranked = ir_measures.read_trec_run(str(run))  # type: ignore[no-untyped-call]
    for metric in ir_measures.iter_calc(MEASURES, judged, ranked):
        measures[str(metric.measure)][metric.query_id] = metric.value
    printed = _pyserini("eval.trec_eval", "-c", "-M", HITS, "-m", "recip_rank", qrels, run)
    trec_eval = float(next(line for line in printed.splitlines() if line.startswith("recip_rank")).split()[-1])
    ranks = measures[str(RR @ HITS)].values()
    mean = sum(ranks) / len(ranks)
    if abs(mean - trec_eval) > 1e-4:
        raise XqgError(f"{run}: trec_eval says {trec_eval}, ir_measures {mean:.4f}; the two should agree")
    return ConditionScores(measures, trec_eval)


def _pyserini(command: str, *arguments: object) -> str:
    """Run a stock Pyserini command; what it prints."""
    # Where .pth files are not processed the plugin has to be put in place by hand.
    module = ["-m", f"pyserini.{command}"] if installed() else ["-m", "pyserini_xqg", command]
    words = [*module, *map(str, arguments)]
    log.info("$ python %s", shlex.join(words))
    result = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    if result.returncode:
        said = "\n".join((result.stderr or result.stdout).strip().splitlines()[-3:])
        raise XqgError(
            f"pyserini.{command} ended with {result.returncode}:\n{said}\nxqg doctor --run says what is missing"
        )
    return result.stdout
