"""Sweep of a grid of settings on one index that keeps its vectors, with an honest figure for the best of them.

Nothing is encoded but the questions, once. Normalised vectors are no linear matter and are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.comparison.clusters import Clusters, find_clusters
from pyserini_xqg.evaluation.comparison.comparison import RunComparison, compare_runs
from pyserini_xqg.evaluation.measures.scores import parse_measures
from pyserini_xqg.evaluation.measures.tokens_measure import TokensMeasure
from pyserini_xqg.evaluation.sweep.grid import ALPHAS, Grid, Point, SweepSettings
from pyserini_xqg.evaluation.sweep.search import SweepSearch
from pyserini_xqg.evaluation.sweep.selection import GridValues, choose, cross_validated
from pyserini_xqg.evaluation.sweep.values import QuestionSet, Valuer
from pyserini_xqg.indexing.formula import unit
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.query_mean import mean_of_topics

PLAIN_RUN, HUBNESS_RUN, QUERIES_RUN, CHOSEN_RUN = "plain", "hubness alone", "queries alone", "chosen"


@dataclass(frozen=True)
class SweepResult:
    """What a sweep found.

    Attributes
    ----------
    grid : GridValues
        Of all points, on the questions that were chosen on.
    chosen : list of Point
        One a fold, or one where the questions to choose on are others than those to report on.
    overall : Point
        The best of all on the questions of `grid`. With folds these are the questions reported on as well, and its
        value there is too good to be reported.
    tests : mapping
        Measure to the comparison of the chosen points (``chosen``) with the plain index (``plain``) on questions that
        they were not chosen on. Where the grid varies hubness too, the best points without queries (``hubness alone``)
        and those without hubness reduction (``queries alone``), chosen in the same way, are controls of the chosen.
    """

    grid: GridValues
    chosen: list[Point]
    overall: Point
    tests: Mapping[str, RunComparison]


class Sweep:
    """Tries settings on an index that keeps its vectors.

    Parameters
    ----------
    index : str or Path
        Made with ``--keep-vectors`` or ``--keep-first``.
    measures : sequence of str
        As ir_measures writes them, or R@kt; settings are chosen by the first.
    settings : SweepSettings
    hubness_topics : str or Path or None
        Questions to take the mean query direction from, instead of the generated queries.
    corpus : str or Path or None
        For R@kt.
    device : str or None
        A torch device for the questions' encoder.

    Raises
    ------
    XqgError
        See :class:`KeptVectors`, :class:`Grid` and :func:`parse_measures`.
    """

    def __init__(
        self,
        index: str | Path,
        measures: Sequence[str],
        settings: SweepSettings | None = None,
        *,
        hubness_topics: str | Path | None = None,
        corpus: str | Path | None = None,
        device: str | None = None,
    ):
        self.settings = settings or SweepSettings()
        self.measures: list[Any] = parse_measures(measures)
        if not self.measures:
            raise UsageError("no measure: name one, such as RR@10")
        for measure in self.measures:
            if measure.params.get("cutoff", 0) > self.settings.depth:
                raise UsageError(f"{measure} looks further than the first {self.settings.depth}: give a larger depth")
        self._index = Path(index)
        self._kept = KeptVectors(index)
        if not self._kept.languages:
            raise InvalidInput(f"{index} was built without queries: there is nothing to vary")
        if self.settings.num_queries is None:
            numbers = list(self._kept.numbers)
        else:
            numbers = [self._kept.number(asked) for asked in self.settings.num_queries]
        self._alphas = ALPHAS[self.settings.aggregate] if self.settings.alphas is None else self.settings.alphas
        self.grid = Grid(
            self._alphas,
            self.settings.hubness,
            numbers,
            self.settings.subsets,
            self._kept.languages,
            self.settings.normalize,
            self.settings.alphas_by_language,
        )
        self._corpus = None if corpus is None else Path(corpus)
        self._encoder = TextEncoder(read_encoder(index, "query"), device, "query")
        self._direction = None
        if hubness_topics is not None and any(self.settings.hubness):
            self._direction = unit(mean_of_topics(self._encoder, Path(hubness_topics), device))

    def values(self, questions: QuestionSet, grid: Grid | None = None) -> GridValues:
        """What every point of a grid, of the whole one unless given, reaches on the questions that are judged.

        Raises
        ------
        InvalidInput
            None is.
        """
        grid = grid or self.grid
        valuer = Valuer(self.measures, questions.judgements, self._index / "docid", self._corpus)
        asked = self._counted(questions)
        vectors = {
            language: self._encoder.encode([questions.texts[language][each] for each in ids], "query")
            for language, ids in asked.items()
        }
        shapes = {language: (len(grid.points), len(ids)) for language, ids in asked.items()}
        values = {str(m): {language: np.empty(shape) for language, shape in shapes.items()} for m in self.measures}
        search = SweepSearch(self._kept, grid, self.settings.aggregate, self.settings.depth, self._direction)
        for language, best in search.search(vectors):
            for measure, found in valuer.values(asked[language][best.questions], best.rows).items():
                values[measure][language][:, best.questions] = found
        return GridValues(grid.points, asked, values)

    def cross_validate(
        self, questions: QuestionSet, folds: int = 5, seed: int = 0, cluster: str | Path | None = None
    ) -> SweepResult:
        """Choose for each fold of the questions on all others; every question is reported once.

        `cluster` says what questions go together, in folds and tests: see
        :func:`~pyserini_xqg.evaluation.comparison.clusters.find_clusters`.
        """
        values = self.values(questions)
        clusters = find_clusters(values.questions, questions.judgements.qrels, cluster)
        first = str(self.measures[0])
        found = {
            run: cross_validated(values, first, folds, seed, among, clusters)
            for run, among in _choices(values.points).items()
        }
        of_questions = {run: numbers for run, (_, numbers) in found.items()}
        tests = {str(measure): _compare(values, str(measure), of_questions, clusters) for measure in self.measures}
        return SweepResult(
            values,
            [values.points[each] for each in found[CHOSEN_RUN][0]],
            values.points[choose(values, first)],
            tests,
        )

    def choose_and_test(self, dev: QuestionSet, test: QuestionSet, cluster: str | Path | None = None) -> SweepResult:
        """Choose on `dev` and report on `test`; `cluster` as for :meth:`cross_validate`."""
        values = self.values(dev)
        first = str(self.measures[0])
        chosen = {run: values.points[choose(values, first, among)] for run, among in _choices(values.points).items()}
        tested = self.values(test, self.grid.only(chosen.values()))
        of_questions = {
            run: {language: [tested.points.index(point)] * len(ids) for language, ids in tested.questions.items()}
            for run, point in chosen.items()
        }
        clusters = find_clusters(tested.questions, test.judgements.qrels, cluster)
        tests = {str(measure): _compare(tested, str(measure), of_questions, clusters) for measure in self.measures}
        return SweepResult(values, [chosen[CHOSEN_RUN]], chosen[CHOSEN_RUN], tests)

    def described(self, folds: int | None, seed: int) -> dict[str, Any]:
        """What a report says of how it came about; `folds` is None where a dev set was chosen on."""
        return {
            **asdict(self.settings),
            "alphas": list(self._alphas),
            "index": str(self._index),
            "measures": [str(measure) for measure in self.measures],
            "hubness_topics": self._direction is not None,
            "folds": folds,
            "seed": seed,
        }

    def _counted(self, questions: QuestionSet) -> dict[str, list[str]]:
        """The questions that some measure counts."""
        right: set[str] = set()
        if any(not isinstance(measure, TokensMeasure) for measure in self.measures):
            right |= questions.judgements.qrels.keys()
        if any(isinstance(measure, TokensMeasure) for measure in self.measures):
            right |= questions.judgements.answers.keys()
        found = {language: [each for each in texts if each in right] for language, texts in questions.texts.items()}
        if not any(found.values()):
            raise InvalidInput(
                "none of the topics is judged; qrels (for R@kt: a gold file) of the same ids are expected"
            )
        return {language: ids for language, ids in found.items() if ids}


def _choices(points: Sequence[Point]) -> dict[str, list[int]]:
    """Each run that is chosen, and the numbers of the points that it is chosen from."""
    choices = {CHOSEN_RUN: list(range(len(points)))}
    if any(point.hubness for point in points) and any(point.alpha for point in points):
        choices[HUBNESS_RUN] = [number for number, point in enumerate(points) if not point.alpha]
        choices[QUERIES_RUN] = [number for number, point in enumerate(points) if not point.hubness]
    return choices


def _compare(
    values: GridValues, measure: str, chosen: Mapping[str, Mapping[str, Sequence[int]]], clusters: Clusters
) -> RunComparison:
    """The chosen points against the plain index, which is point 0."""
    counted: dict[str, list[str]] = {}
    of_runs: dict[str, dict[str, float]] = {run: {} for run in (PLAIN_RUN, *chosen)}
    for language in values.means(measure):
        of_language = values.values[measure][language]
        for number, question in enumerate(values.questions[language]):
            if not np.isnan(of_language[0, number]):
                counted.setdefault(language, []).append(question)
                of_runs[PLAIN_RUN][question] = float(of_language[0, number])
                for run, numbers in chosen.items():
                    of_runs[run][question] = float(of_language[numbers[language][number], number])
    values.macro(measure)  # says so where no question counts
    controls = [(run, CHOSEN_RUN) for run in chosen if run != CHOSEN_RUN]
    return compare_runs(of_runs, counted, controls=controls, clusters=clusters)
