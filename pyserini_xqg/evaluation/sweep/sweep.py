"""Sweep of a grid of settings on one index that keeps its vectors, with an honest figure for what is chosen of them.

Nothing is encoded but the questions, once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.encoding.settings import EncoderSettings, Kind
from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.comparison.clusters import WORDS, Clusters, find_clusters
from pyserini_xqg.evaluation.measures.scores import parse_measures
from pyserini_xqg.evaluation.sweep.asked import Asked, counted
from pyserini_xqg.evaluation.sweep.chooser import CHOSEN_RUN, Chooser
from pyserini_xqg.evaluation.sweep.chosen_index import build_chosen
from pyserini_xqg.evaluation.sweep.compared import Run, compared_values, comparison_of
from pyserini_xqg.evaluation.sweep.direction import TopicsDirection
from pyserini_xqg.evaluation.sweep.grid import ALPHAS, OWN, Grid, Point, SweepSettings
from pyserini_xqg.evaluation.sweep.result import SweepResult
from pyserini_xqg.evaluation.sweep.search import SweepSearch
from pyserini_xqg.evaluation.sweep.selection import GridValues, over_folds
from pyserini_xqg.evaluation.sweep.values import QuestionSet
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import CONTROLS, Control

log = logging.getLogger("pyserini_xqg")


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
    open_encoder : callable
        Opens the questions' encoder, as :class:`TextEncoder` does: one that is open already, where sweeps share it.
    show_progress : bool
        Whether to show on standard error how many questions were asked, of the grid and of each control.

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
        open_encoder: Callable[[EncoderSettings, str | None, Kind], TextEncoder] = TextEncoder,
        show_progress: bool = False,
    ):
        self._show_progress = show_progress
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
            (*self.settings.subsets, *[OWN] * self.settings.alpha_per_language),
            self._kept.languages,
            self.settings.normalize,
            self.settings.alphas_by_language,
        )
        self._corpus = None if corpus is None else Path(corpus)
        self._encoder = open_encoder(read_encoder(index, "query"), device, "query")
        self._direction: TopicsDirection | None = None
        if hubness_topics is not None and any(self.settings.hubness):
            self._direction = TopicsDirection.read(Path(hubness_topics), self._encoder, device)

    def values(self, questions: QuestionSet, grid: Grid | None = None, control: Control | None = None) -> GridValues:
        """What every point of a grid, of the whole one unless given, or its control reaches on the judged questions.

        Raises
        ------
        InvalidInput
            None is.
        """
        return self._values(self._asked(questions), grid or self.grid, control)

    def cross_validate(
        self, questions: QuestionSet, folds: int = 5, seed: int = 0, cluster: str | Path | None = None
    ) -> SweepResult:
        """Choose for each fold of the questions on all others; every question is reported once.

        `cluster` says what questions go together, in folds and tests: see
        :func:`~pyserini_xqg.evaluation.comparison.clusters.find_clusters`.
        """
        self._warn_of(questions)
        asked = self._asked(questions)
        values = self._values(asked, self.grid)
        clusters = find_clusters(values.questions, questions.judgements.qrels, cluster)
        chooser = self._chooser(clusters)
        chosen, fold_of = over_folds(values, folds, seed, clusters, chooser.choices)
        points = [chooser.point(values.points, of_fold[CHOSEN_RUN]) for of_fold in chosen]
        runs = {
            run: (values, {la: [chosen[fold][run][la] for fold in own] for la, own in fold_of.items()})
            for run in chosen[0]
        }
        for control, of_points in self._controls(asked, points).items():
            numbers = [of_points.points.index(point) for point in points]
            runs[control] = of_points, {la: [numbers[fold] for fold in own] for la, own in fold_of.items()}
        overall = chooser.point(values.points, chooser.choices(values)[CHOSEN_RUN])
        return self._result(values, points, overall, (values, runs), clusters, clusters)

    def choose_and_test(self, dev: QuestionSet, test: QuestionSet, cluster: str | Path | None = None) -> SweepResult:
        """Choose on `dev` and report on `test`; `cluster` as for :meth:`cross_validate` (a file, of `test` only)."""
        self._warn_of(test)
        values = self.values(dev)
        grid_clusters = find_clusters(values.questions, dev.judgements.qrels, cluster if cluster in WORDS else None)
        chooser = self._chooser(grid_clusters)
        chosen = {run: chooser.point(values.points, each) for run, each in chooser.choices(values).items()}
        asked = self._asked(test)
        tested = self._values(asked, self.grid.only(chosen.values()))

        def of(found: GridValues, point: Point) -> Run:
            number = found.points.index(point)
            return found, {language: [number] * len(ids) for language, ids in found.questions.items()}

        runs = {run: of(tested, point) for run, point in chosen.items()}
        controls = self._controls(asked, [chosen[CHOSEN_RUN]])
        runs |= {control: of(found, chosen[CHOSEN_RUN]) for control, found in controls.items()}
        clusters = find_clusters(tested.questions, test.judgements.qrels, cluster)
        found = chosen[CHOSEN_RUN]
        return self._result(values, [found], found, (tested, runs), clusters, grid_clusters)

    def build(self, result: SweepResult, output: str | Path, chosen_on: Mapping[str, Any] | None = None) -> list[Path]:
        """Build what was chosen on all questions, and its controls, from the kept vectors: see
        :func:`~pyserini_xqg.evaluation.sweep.chosen_index.build_chosen`.

        Parameters
        ----------
        result : SweepResult
        output : str or Path
            The index folder to make; those of controls have ``-shuffled`` and ``-mean`` behind.
        chosen_on : mapping, optional
            What the manifests are to say of the questions: files and their SHA-256.
        """
        first = str(self.measures[0])
        chosen = {
            "settings": str(result.overall),
            "rule": self.settings.choose,
            "points": len(result.grid.points),
            "measure": first,
            "questions": result.grid.counted(first),
            "files": dict(chosen_on or {}),
        }
        direction = None if self._direction is None else (self._direction.vector, self._direction.sha256)
        languages = tuple(result.grid.questions)
        return build_chosen(
            self._kept, self.grid, result.overall, self.settings.aggregate, languages, Path(output), chosen, direction
        )

    def described(self, folds: int | None, seed: int, tested: QuestionSet) -> dict[str, Any]:
        """What a report says of how it came about.

        Parameters
        ----------
        folds : int or None
            None where a dev set was chosen on.
        seed : int
        tested : QuestionSet
            What was reported on.
        """
        return {
            **asdict(self.settings),
            "alphas": list(self._alphas),
            "index": str(self._index),
            "measures": [str(measure) for measure in self.measures],
            "hubness_topics": self._direction is not None,
            **({"hubness_topics_tested": self._direction.among(self._texts(tested))} if self._direction else {}),
            "folds": folds,
            "seed": seed,
        }

    def _texts(self, tested: QuestionSet) -> list[str]:
        return [
            tested.texts[language][each] for language, ids in counted(tested, self.measures).items() for each in ids
        ]

    def _warn_of(self, tested: QuestionSet) -> None:
        if lacking := self.grid.lacking_own(tested.texts):
            there = ", ".join(self._kept.languages)
            log.warning(
                "%s has no queries in %s; there are some in %s: the own ones of these questions are none, which is the "
                "plain index",
                self._index,
                ", ".join(lacking),
                there,
            )
        if self._direction:
            self._direction.warn_of(self._texts(tested))

    def _asked(self, questions: QuestionSet) -> Asked:
        return Asked.of(questions, self.measures, self._encoder, self._index, self._corpus)

    def _values(self, asked: Asked, grid: Grid, control: Control | None = None) -> GridValues:
        shapes = {language: (len(grid.points), len(ids)) for language, ids in asked.ids.items()}
        values = {str(m): {language: np.empty(shape) for language, shape in shapes.items()} for m in self.measures}
        direction = None if self._direction is None else self._direction.vector
        given = self.settings.aggregate, self.settings.depth, direction, control
        total = sum(map(len, asked.ids.values()))
        bar = tqdm(
            desc=f"trying {control or 'settings'}", total=total, unit=" questions", disable=not self._show_progress
        )
        with bar:
            for language, best in SweepSearch(self._kept, grid, *given).search(asked.vectors):
                ids = asked.ids[language][best.questions]
                for measure, found in asked.valuer.values(ids, best.rows).items():
                    values[measure][language][:, best.questions] = found
                bar.update(len(ids))
        return GridValues(grid.points, asked.ids, values)

    def _chooser(self, clusters: Clusters) -> Chooser:
        settings = self.settings
        return Chooser(self.grid, str(self.measures[0]), settings.choose, clusters, settings.alpha_per_language)

    def _controls(self, asked: Asked, points: Sequence[Point]) -> dict[str, GridValues]:
        """What the controls of some points reach, where they can be made: run to values."""
        if self._kept.made_with.control is not None:
            return {}
        found = {}
        for control in CONTROLS:
            try:
                found[f"{CHOSEN_RUN} {control}"] = self._values(asked, self.grid.only(points), control)
            except UsageError as error:
                log.warning("no %s control: %s", control, error)
        return found

    def _result(
        self,
        grid: GridValues,
        chosen: list[Point],
        overall: Point,
        tested: tuple[GridValues, Mapping[str, Run]],
        clusters: Clusters,
        grid_clusters: Clusters,
    ) -> SweepResult:
        values = {str(measure): compared_values(tested[0], str(measure), tested[1]) for measure in self.measures}
        tests = {measure: comparison_of(each, clusters) for measure, each in values.items()}
        return SweepResult(grid, chosen, overall, tests, values, clusters, grid_clusters)
