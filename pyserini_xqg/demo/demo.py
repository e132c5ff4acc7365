"""Demo: indexes of all conditions, searched and scored by stock Pyserini, one table and a report."""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pyserini_xqg.demo.collections import DemoCollection
from pyserini_xqg.demo.conditions import CONTROLS, PLAIN, conditions
from pyserini_xqg.demo.results import RANKS, reports_of, results_as_text
from pyserini_xqg.demo.search import HITS, Search
from pyserini_xqg.errors import XqgError
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.run_files import RunFiles
from pyserini_xqg.generation.backends.lexicon.dictionary import dictionaries as find_dictionaries
from pyserini_xqg.generation.backends.lexicon.dictionary import find_dictionary
from pyserini_xqg.generation.backends.lexicon.generator import LexiconGenerator
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.plugin import installed
from pyserini_xqg.reporting.report import PAGE, write_report
from pyserini_xqg.reporting.report_files import ReportFiles

log = logging.getLogger("pyserini_xqg")

Runs = dict[str, list[Search]]


def run_demo(
    collection: DemoCollection,
    model: str,
    output: Path,
    alpha: float,
    dictionaries: Path | None = None,
    show_progress: bool = True,
) -> str:
    """Build, search and score; what is to be said of it.

    Parameters
    ----------
    collection : DemoCollection
    model : str
        The encoder.
    output : Path
        Gets the collection's files, the indexes, the runs and a report; what is there from a run before is used again.
    alpha : float
        Weight of the mean of a passage's queries.
    dictionaries : Path or None
        A folder with dictionaries: the lexicon writes the queries, and only questions in languages that have one are
        asked; None takes the collection's own queries.
    show_progress : bool

    Raises
    ------
    XqgError
        A command of Pyserini failed.
    MissingPrerequisite
        There is no dictionary for any language of the collection.
    """
    if dictionaries is not None:
        collection = collection.asked_in(lexicon_languages(collection, dictionaries))
    collection.write(output)
    queries = [output / f"queries-{number}.jsonl" for number in range(len(collection.folds))]
    if dictionaries is not None:
        queries = [write_lexicon_queries(collection, model, output, dictionaries, show_progress)]
    runs = _build(collection, model, output, alpha, queries, show_progress)
    files = RunFiles(
        {name: _run_file(output, name) for name in runs},
        qrels=output / "qrels.txt",
        topics=[(language, output / name) for language, name in collection.topics_files()],
        corpus=output / "corpus.jsonl",
        controls=CONTROLS,
    )
    (output / "runs").mkdir(exist_ok=True)
    asked = {str(_run_file(output, name)): searches for name, searches in runs.items()}
    _python("pyserini_xqg.demo.search", given={"encoder": str(_kept(output, 0)), "runs": asked})
    reports = reports_of(files)
    with ThreadPoolExecutor(2) as pool:
        scores = [*pool.map(lambda name: _trec_eval(output / "qrels.txt", _run_file(output, name)), runs)]
    trec_eval = dict(zip(runs, scores, strict=True))
    _check(reports[RANKS], trec_eval)
    # With several folds a passage has other queries in each.
    shown = queries[0] if len(queries) == 1 else None
    write_report(ReportFiles(files, queries=shown, title="Demo: queries at indexing time"), output)
    return f"{results_as_text(reports, trec_eval)}\n\nreport: {output / PAGE}"


def lexicon_languages(collection: DemoCollection, dictionaries: Path) -> list[str]:
    """The languages of the questions that have a dictionary.

    Raises
    ------
    MissingPrerequisite
        None has.
    """
    asked = sorted(collection.questions)
    languages = [language for language in asked if language in find_dictionaries(dictionaries)]
    if not languages:
        find_dictionary(asked[0], dictionaries)  # says where there are some
    if lacking := set(asked) - set(languages):
        log.warning("no dictionary for %s: left out", ", ".join(sorted(lacking)))
    return languages


def write_lexicon_queries(
    collection: DemoCollection, model: str, output: Path, dictionaries: Path, show_progress: bool
) -> Path:
    """The folder of the queries that the lexicon writes in the languages of the questions."""
    corpus, languages = output / "corpus.jsonl", sorted(collection.questions)
    log.info("queries in %s by the lexicon", ", ".join(languages))
    lexicon = LexiconGenerator(corpus, languages, encoder=model, dictionaries=dictionaries, show_progress=show_progress)
    XqgQueryBuilder(lexicon, languages, show_progress=show_progress).build(corpus, output / "queries-lexicon")
    return output / "queries-lexicon"


def _build(
    collection: DemoCollection, model: str, output: Path, alpha: float, queries: list[Path], show_progress: bool
) -> Runs:
    """Build all indexes; each condition's searches.

    Passages and queries are encoded once, for the plain index, and the others made of the vectors that it keeps.
    """
    runs: Runs = {}
    for number, fold in enumerate(collection.folds):
        plain = _kept(output, number)
        kept = XqgIndexBuilder(
            model, AugmentationSettings(alpha=0), IndexSettings(keep_vectors=True), show_progress=show_progress
        )
        kept.build(output / "corpus.jsonl", queries[number], plain)
        log.info("%s: of the vectors it keeps, indexes of %s", plain, ", ".join(sorted(fold.questions)))
        for language in sorted(fold.questions):
            topics = str(output / collection.topics_file(number, language))
            runs.setdefault(PLAIN, []).append((str(plain), topics))
            for name, settings in conditions(alpha, language).items():
                index = plain.with_name(f"{name}-{language}-{number}")
                XqgIndexBuilder(augmentation=settings).augment(plain, None, index)
                runs.setdefault(name, []).append((str(index), topics))
    return runs


def _kept(output: Path, number: int) -> Path:
    return output / "indexes" / f"{PLAIN}-{number}"


def _run_file(output: Path, name: str) -> Path:
    return output / "runs" / f"{name}.txt"


def _trec_eval(qrels: Path, run: Path) -> float:
    """Mean reciprocal rank over all questions, as stock trec_eval gives it."""
    printed = _pyserini("eval.trec_eval", "-c", "-M", HITS, "-m", "recip_rank", qrels, run)
    return float(next(line for line in printed.splitlines() if line.startswith("recip_rank")).split()[-1])


def _check(report: MeasureReport, trec_eval: dict[str, float]) -> None:
    """Whether trec_eval, which knows no languages, and our figures agree."""
    questions = sum(report.questions.values())
    for name, expected in trec_eval.items():
        found = sum(number * (report.value(name, row) or 0.0) for row, number in report.questions.items()) / questions
        if abs(found - expected) > 1e-4:
            raise XqgError(f"{name}: trec_eval says {expected}, ir_measures {found:.4f}; the two should agree")


def _pyserini(command: str, *arguments: object) -> str:
    """Run a stock Pyserini command; what it prints."""
    # Where .pth files are not processed the plugin has to be put in place by hand.
    if installed():
        return _python(f"pyserini.{command}", *arguments)
    return _python("pyserini_xqg", command, *arguments)


def _python(module: str, *arguments: object, given: object = None) -> str:
    """Run a module in a process of its own, with `given` as JSON on its standard input; what it prints."""
    words = ["-m", module, *map(str, arguments)]
    log.info("$ python %s", shlex.join(words))
    read = None if given is None else json.dumps(given)
    result = subprocess.run([sys.executable, *words], input=read, capture_output=True, text=True, check=False)
    if result.returncode:
        said = "\n".join((result.stderr or result.stdout).strip().splitlines()[-3:])
        raise XqgError(f"{module} ended with {result.returncode}:\n{said}\nxqg doctor --run says what is missing")
    return result.stdout
