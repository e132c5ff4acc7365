"""The paper's ablations on real questions: python benchmarks/ablations.py --xquad FOLDER --dictionaries FOLDER.

How many queries (1 to 10), which weight, of the sum and of the mean, with and without unit length, and whose languages:
on XQuAD's paragraphs with their titles, multilingual-e5-small with 4-bit weights (or --model), queries of the lexicon.
Half of each paragraph's questions are asked. The other half are the reference: what people's questions in the place of
generated ones gain. Each figure stands beside plain, beside the queries of another passage and beside the mean query
vector, with tests and intervals by clusters (all questions of a paragraph, in all languages).

Prints tables in Markdown. Sweeps and their report are in --work, what was encoded too; --pictures FOLDER takes the
report's curves that the docs show out of it as SVG files.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from remembering import remembering

from pyserini_xqg.collection.datasets.retrieval_set import write_corpus, write_qrels, write_queries, write_topics
from pyserini_xqg.demo.collections import DemoCollection, Fold, squad
from pyserini_xqg.encoding.bundled_model import multilingual_e5_small
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.evaluation import QuestionSet, RunComparison, Sweep, SweepSettings, compare_runs, find_clusters
from pyserini_xqg.evaluation.sweep.grid import PLAIN, Point
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, dictionaries
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import CONTROLS, Aggregate, AugmentationSettings, IndexSettings
from pyserini_xqg.reporting import ReportFiles, make_report
from pyserini_xqg.reporting.sweep.files import read_sweep, write_sweep

MEASURE = "Success@1"
QUERIES = 10
NUMBERS = (*range(1, QUERIES), None)
USUAL = 5
SUMS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
MEANS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
OF_PAPER = 0.01
STAR = " \\*"
SUBSETS = {"own": "its own", "others": "others", "all": "all"}
PICTURES = ("unit-length-num_queries", "unit-length-alpha", "sum-alpha", "languages-subset")  # those that the docs show
COLUMNS = ("R@1", "over plain", "over another passage's queries", "over the mean query vector")
Values = Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--xquad", type=Path, required=True, help="folder with xquad.en.json, xquad.ar.json, ...")
    parser.add_argument("--dictionaries", type=Path, default=FOLDER, help=f"where they are [{FOLDER}]")
    parser.add_argument(
        "--language", type=lambda given: given.split(","), help="of the lexicon [all with dictionaries]"
    )
    parser.add_argument("--every", type=int, default=1, help="every Nth paragraph and its questions [1]")
    parser.add_argument("--weight", type=float, default=0.3, help="of the mean, chosen on MLQA [0.3]")
    parser.add_argument("--model", default=None, help="[the bundled one]")
    parser.add_argument("--work", type=Path, default=Path("indexes/ablations"))
    parser.add_argument("--pictures", type=Path, help="folder for the curves of the docs")
    arguments = parser.parse_args()
    model = arguments.model or str(multilingual_e5_small())
    collection = every_nth(squad(arguments.xquad), arguments.every)
    able = sorted(set(arguments.language or collection.questions) & set(dictionaries(arguments.dictionaries)))
    if not able:
        raise SystemExit(
            f"{arguments.dictionaries}: no dictionary of {', '.join(arguments.language or collection.questions)}"
        )
    lexicon, human = prepared(collection, able, arguments.dictionaries, model, arguments.work)
    for line in tables(lexicon, human, arguments.weight):
        print(line, flush=True)
    print(f"\n{reported(lexicon, human, arguments.work, arguments.pictures)}")


@dataclass(frozen=True)
class Queries:
    """An index that keeps the vectors of some queries, and the questions that it is asked.

    Attributes
    ----------
    index : Path
    languages : tuple of str
        That there are queries in.
    questions : QuestionSet
    open_encoder : callable
        See :class:`Sweep`.
    """

    index: Path
    languages: tuple[str, ...]
    questions: QuestionSet
    open_encoder: Callable[..., TextEncoder]

    def sweep(
        self,
        aggregate: Aggregate,
        alphas: Sequence[float],
        numbers: Sequence[int | None],
        *,
        normalize: Sequence[bool] = (False,),
        subsets: Sequence[str] = ("own",),
    ) -> Sweep:
        """A sweep over this index."""
        settings = SweepSettings(
            aggregate, tuple(alphas), (), tuple(normalize), num_queries=tuple(numbers), subsets=tuple(subsets), depth=10
        )
        return Sweep(self.index, [MEASURE], settings, open_encoder=self.open_encoder)

    def asked(self, languages: Sequence[str]) -> QuestionSet:
        """The questions in some languages."""
        return QuestionSet({each: self.questions.texts[each] for each in languages}, self.questions.judgements)


@dataclass(frozen=True)
class Tried:
    """A sweep's values of every point and of its controls."""

    sweep: Sweep
    questions: QuestionSet

    @cached_property
    def _values(self) -> dict[str, Mapping[Point, Values]]:
        found: dict[str, Mapping[Point, Values]] = {}
        for run in ("own", *CONTROLS):
            values = self.sweep.values(self.questions, control=None if run == "own" else run)  # type: ignore[arg-type]
            found[run] = {
                point: {
                    question: float(value)
                    for language, ids in values.questions.items()
                    for question, value in zip(ids, values.values[MEASURE][language][number], strict=True)
                }
                for number, point in enumerate(values.points)
            }
        return found

    def compared(self, point: Point) -> RunComparison:
        """Point and controls against plain, and the point against its controls."""
        asked = {language: list(texts) for language, texts in self.questions.texts.items()}
        runs = {"plain": self._values["own"][PLAIN]} | {run: of[point] for run, of in self._values.items()}
        clusters = find_clusters(asked, self.questions.judgements.qrels)
        return compare_runs(runs, asked, controls=[(control, "own") for control in CONTROLS], clusters=clusters)


def every_nth(collection: DemoCollection, step: int) -> DemoCollection:
    """Every Nth passage, the questions that ask for one of them, and their queries; of the first fold only."""
    passages = collection.passages[::step]
    there = {passage.id for passage in passages}
    fold = collection.folds[0]
    questions = {language: [each for each in of if each.passage_id in there] for language, of in fold.questions.items()}
    queries = {passage: of for passage, of in fold.queries.items() if passage in there}
    return DemoCollection(passages, [Fold(queries, questions)])


def prepared(
    collection: DemoCollection, languages: Sequence[str], dictionary_folder: Path, model: str, work: Path
) -> tuple[Queries, Queries]:
    """The lexicon's queries and the human ones, encoded; found where they were made before."""
    fold = collection.folds[0]
    work.mkdir(parents=True, exist_ok=True)
    corpus = work / "corpus.jsonl"
    write_corpus(collection.passages, corpus)
    generator = make_generator("lexicon", corpus, languages, dictionaries=dictionary_folder)
    XqgQueryBuilder(generator, languages, QUERIES, show_progress=True).build(corpus, work / "queries")
    write_queries(fold.queries, work / "human.jsonl")
    kept = {"kept": (work / "queries", NUMBERS[:-1]), "human": (work / "human.jsonl", ())}
    for name, (queries, numbers) in kept.items():
        builder = XqgIndexBuilder(
            model,
            AugmentationSettings(alpha=0),
            IndexSettings(keep_first=numbers, keep_vectors=True),
            show_progress=True,
        )
        builder.build(corpus, queries, work / name)
    files = [(language, work / f"topics.{language}.tsv") for language in fold.questions]
    for language, file in files:
        write_topics(fold.questions[language], file)
    write_qrels([each for of in fold.questions.values() for each in of], work / "qrels.txt")
    questions = QuestionSet.read(files, work / "qrels.txt")
    open_encoder = remembering(work)
    return (
        Queries(work / "kept", tuple(languages), questions, open_encoder),
        Queries(work / "human", tuple(sorted(fold.questions)), questions, open_encoder),
    )


# Name to the sweep, that of human questions, the point, and which columns are shown.
Ways = Mapping[str, tuple["Tried", "Tried | None", Point, Sequence[int]]]


def tables(lexicon: Queries, human: Queries, weight: float) -> Iterator[str]:
    """All tables, a line at a time."""
    with_own = lexicon.asked(lexicon.languages)
    both = (False, True)
    sums = Tried(lexicon.sweep("sum", SUMS, NUMBERS), with_own)
    means = Tried(lexicon.sweep("mean", MEANS, NUMBERS, normalize=both), with_own)
    of_people = Tried(human.sweep("mean", MEANS, (None,), normalize=both), with_own)
    yield f"Plain, mean of {', '.join(lexicon.languages)}: {100 * means.compared(PLAIN).macro['plain']:.1f}"
    ways: Ways = {
        f"sum, {OF_PAPER:g}: ": (sums, None, Point("own", alpha=OF_PAPER), (1, 3)),
        f"mean, {weight:g}: ": (means, of_people, Point("own", alpha=weight), (1, 2)),
        f"mean, {weight:g}, unit length: ": (means, of_people, Point("own", None, 0, weight, True), (0, 1, 2, 3)),
    }
    yield from ("", *head("queries", [first + COLUMNS[what] for first, way in ways.items() for what in way[3]]))
    for number in NUMBERS:
        of_number = [(tried, replace(point, num_queries=number), shown) for tried, _, point, shown in ways.values()]
        yield row(str(number or QUERIES), of_number)
    yield row("human", [(people, point, shown) for _, people, point, shown in ways.values()])
    kinds: Ways = {
        "sum: ": (sums, None, Point("own", USUAL), (1,)),
        "mean: ": (means, None, Point("own", USUAL), (1,)),
        "mean, unit length: ": (means, None, Point("own", USUAL, normalize=True), (1, 2, 3)),
        "human, mean, unit length: ": (of_people, None, Point("own", normalize=True), (1, 3)),
    }
    yield from ("", *head("weight", [first + COLUMNS[what] for first, way in kinds.items() for what in way[3]]))
    for alpha in sorted({*SUMS, *MEANS}):
        points = [
            (tried if alpha in (SUMS if tried is sums else MEANS) else None, replace(point, alpha=alpha), shown)
            for tried, _, point, shown in kinds.values()
        ]
        yield row(f"{alpha:g}", points)
    yield from whose(lexicon, human, weight)


def whose(lexicon: Queries, human: Queries, weight: float) -> Iterator[str]:
    """The table of own and other languages' queries, on the questions of all languages."""
    for queries, what, number in ((lexicon, "lexicon", USUAL), (human, "human questions", None)):
        sweep = queries.sweep("mean", [weight], [number], normalize=(False, True), subsets=tuple(SUBSETS))
        tried = Tried(sweep, queries.questions)
        codes = list(queries.questions.texts)
        for unit in (False, True):
            yield from ("", f"**{what}, mean, {weight:g}{', unit length' * unit}**", "")
            yield from head("queries in", [*codes, *COLUMNS])
            for subset, whose_queries in SUBSETS.items():
                found = tried.compared(Point(subset, number, alpha=weight, normalize=unit))
                if subset == "own":
                    plain = " | ".join(f"{100 * found.means['plain'][code]:.1f}" for code in codes)
                    yield f"| none | {plain} | {100 * found.macro['plain']:.1f} |{' |' * (len(COLUMNS) - 1)}"
                gains = found.differences["own"].languages
                own = " | ".join(
                    f"{100 * gains[code].difference:+.1f}{STAR * (gains[code].p < 0.05)}" for code in codes
                )
                yield f"| {whose_queries} | {own} | {' | '.join(cells(found))} |"


def head(first: str, columns: Sequence[str]) -> tuple[str, str]:
    return f"| {first} | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"


def row(name: str, points: Iterable[tuple[Tried | None, Point, Sequence[int]]]) -> str:
    """A row of several sweeps: of each point the cells of the columns that are shown; empty ones without a sweep."""
    found: list[str] = []
    for tried, point, shown in points:
        of_point = cells(tried.compared(point)) if tried else [""] * len(COLUMNS)
        found += [of_point[each] for each in shown]
    return f"| {name} | {' | '.join(found)} |"


def cells(found: RunComparison) -> list[str]:
    """The mean of the languages: the figure, and its differences to plain and controls with interval."""
    to = [found.differences["own"].overall]
    to += [each.difference.overall for each in found.controls["own"]]
    texts = [f"{100 * found.macro['own']:.1f}"]
    for each in to:
        low, high = each.interval or (float("nan"), float("nan"))
        texts.append(f"{100 * each.difference:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]{STAR * (each.p < 0.05)}")
    return texts


def reported(lexicon: Queries, human: Queries, work: Path, folder: Path | None) -> Path:
    """The report of the sweeps, whose files are written first, and its curves as files in a folder."""
    sweeps = {
        "sum": lexicon.sweep("sum", (0, *SUMS), NUMBERS),
        "mean": lexicon.sweep("mean", (0, *MEANS), NUMBERS),
        "unit-length": lexicon.sweep("mean", (0, *MEANS), NUMBERS, normalize=(True,)),
        "human": human.sweep("mean", (0, *MEANS), (None,), normalize=(True,)),
        "languages": lexicon.sweep("mean", (0, *MEANS), (USUAL,), normalize=(True,), subsets=tuple(SUBSETS)),
    }
    names = []
    for name, sweep in sweeps.items():
        asked = lexicon.questions if name == "languages" else lexicon.asked(lexicon.languages)
        write_sweep(sweep.cross_validate(asked), sweep.described(5, 0, asked), work / "sweeps" / name)
        names += [f"{name}-{curve.axis}" for curve in read_sweep(work / "sweeps" / name).curves]
    given = ReportFiles(sweeps=[work / "sweeps" / name for name in sweeps], title="Ablations on XQuAD")
    report = make_report(given, work / "report")[0]
    if folder is not None:
        for name, picture in zip(names, curves(report.read_text(encoding="utf-8")), strict=True):
            if name in PICTURES:
                (folder / f"ablations-{name}.svg").write_text(picture, encoding="utf-8")
    return report


def curves(page: str) -> list[str]:
    """The curves of a report's page as pictures of their own, in its light colours and on its paper."""
    colours = dict(re.findall(r"(--[\w-]+): (#\w+)", page[: page.index("@media")]))
    found = []
    for picture in re.findall(r'<svg [^>]*aria-labelledby="curve-.*?</svg>', page, re.DOTALL):
        own = re.sub(r"var\((--[\w-]+)\)", lambda name: colours[name[1]], picture)
        own = own.replace(" All values are in the table below.", "")
        style = f'style="background: {colours["--page"]}; font-family: sans-serif"'
        found.append(own.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" {style} ', 1) + "\n")
    return found


if __name__ == "__main__":
    main()
