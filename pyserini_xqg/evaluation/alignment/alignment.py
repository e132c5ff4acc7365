"""Whether generated queries bring English sentences closer to the same sentences in other languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.datasets.parallel import ParallelText
from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.pair_measures import ACCURACY, MEASURES, Values, pair_values
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings
from pyserini_xqg.evaluation.alignment.vectors import PLAIN, AlignmentVectors
from pyserini_xqg.evaluation.comparison.comparison import compare_runs, groups_of
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.sweep.grid import Point, languages_that_count
from pyserini_xqg.evaluation.sweep.selection import GridValues, cross_validated
from pyserini_xqg.indexing.formula import augment
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import AugmentationSettings

CONTROLS = ("shuffled", "mean")

ByLanguage = Mapping[str, Values]


@dataclass(frozen=True)
class Alignment:
    """How well sentences are aligned.

    Attributes
    ----------
    reports : sequence of MeasureReport
        One a similarity and measure, named like ``cosine A@1``. Runs are conditions: ``plain``; the sources of queries,
        with the subset of languages behind it if there are several; their controls, ``NAME shuffled`` and ``NAME
        mean``, at the weights of theirs. Questions are sentences of another language, ``LANGUAGE:ID``.
    chosen : mapping
        Similarity and condition to the weight of each fold.
    counts : mapping
        ``english`` to how many sentences, ``pairs`` to language to how many, ``left_out``.
    """

    reports: Sequence[MeasureReport]
    chosen: Mapping[str, Mapping[str, Sequence[float]]]
    counts: Mapping[str, Any]


def align(
    text: ParallelText,
    encoder: EncoderSettings,
    queries: Mapping[str, Path],
    folder: Path,
    settings: AlignmentSettings | None = None,
    *,
    device: str | None = None,
    show_progress: bool = False,
) -> Alignment:
    """Measure how well an encoder aligns parallel sentences, plain and with queries added to the English ones.

    Parameters
    ----------
    text : ParallelText
    encoder : EncoderSettings
    queries : mapping
        Name to queries of the English sentences: JSON lines whose ids are those of ``corpus.jsonl`` in `folder`.
    folder : Path
        See :class:`AlignmentVectors`.
    settings : AlignmentSettings
    device : str or None
        A torch device.
    show_progress : bool

    Raises
    ------
    UsageError
        A name that cannot be one, or a group without a language that is there.
    XqgError
        See :class:`AlignmentVectors`.
    """
    settings = settings or AlignmentSettings()
    check_names(queries)
    groups = groups_of(settings.groups, text.pairs)
    vectors = AlignmentVectors(text, encoder, folder, device, show_progress)
    kept = {name: vectors.queries(name, source, settings.num_queries) for name, source in queries.items()}
    pairs = _Pairs(text, vectors.english, vectors.others(), settings, device or "cpu")
    reports = []
    chosen: dict[str, dict[str, list[float]]] = {}
    for similarity in settings.similarities:
        values, chosen[similarity] = _conditions(pairs, similarity, kept)
        controls = [(f"{run} {control}", run) for run in chosen[similarity] for control in CONTROLS]
        for measure in MEASURES:
            name = f"{similarity} {measure}"
            of_measure = {run: _by_question(pairs, of_run[measure]) for run, of_run in values.items()}
            reports.append(MeasureReport(name, compare_runs(of_measure, pairs.questions, PLAIN, controls, groups)))
    return Alignment(reports, chosen, _counts(text))


def check_names(names: Iterable[str]) -> None:
    """Whether sources of queries can be called so: their names become those of folders.

    Raises
    ------
    UsageError
        One cannot.
    """
    for name in names:
        if name == PLAIN or not re.fullmatch(r"\w[\w.+-]*", name):
            raise UsageError(f"{name!r} cannot be the name of queries: a word other than {PLAIN} is expected")


class _Pairs:
    """The vectors of the pairs of each language, and what they reach with queries added."""

    def __init__(
        self,
        text: ParallelText,
        english: Vectors,
        others: Mapping[str, Vectors],
        settings: AlignmentSettings,
        device: str,
    ):
        self.settings = settings
        self.rows = {language: np.array([pair.row for pair in pairs]) for language, pairs in text.pairs.items()}
        self.questions = {
            language: [f"{language}:{text.english[pair.row].id}" for pair in pairs]
            for language, pairs in text.pairs.items()
        }
        self._english = english
        self._others = others
        self._device = device

    def plain(self, similarity: str) -> dict[str, ByLanguage]:
        """Measure to language to values."""
        return _turned(
            {
                language: pair_values(self._english[rows], self._others[language], similarity, self._device)
                for language, rows in self.rows.items()
            }
        )

    def augmented(
        self, similarity: str, kept: KeptVectors, subset: str, control: str | None, alphas: Sequence[float]
    ) -> dict[str, ByLanguage]:
        """Measure to language to values of shape (alphas, pairs)."""
        found: dict[str, dict[str, Values]] = {}
        for language, rows in self.rows.items():
            counted = languages_that_count(subset, language, kept.languages)
            sums, counts = _controlled(
                kept.queries(counted, None, slice(None)), kept.counts(counted, None, slice(None)), control
            )
            of_alphas = []
            for alpha in alphas:
                augmentation = AugmentationSettings(alpha=alpha, aggregate=self.settings.aggregate)
                # Without any query there is nothing to weigh.
                weighted = (
                    augment(self._english[rows], sums[rows], counts[rows], augmentation)
                    if counted
                    else self._english[rows]
                )
                of_alphas.append(pair_values(weighted, self._others[language], similarity, self._device))
            found[language] = {measure: np.stack([values[measure] for values in of_alphas]) for measure in MEASURES}
        return _turned(found)


def _conditions(
    pairs: _Pairs, similarity: str, kept: Mapping[str, KeptVectors]
) -> tuple[dict[str, dict[str, ByLanguage]], dict[str, list[float]]]:
    """The values of each condition, and each fold's weight of those with queries."""
    settings = pairs.settings
    conditions: dict[str, dict[str, ByLanguage]] = {PLAIN: pairs.plain(similarity)}
    chosen: dict[str, list[float]] = {}
    points = [Point(alpha=alpha) for alpha in settings.weights]
    for name, vectors in kept.items():
        for subset in settings.subsets:
            condition = name if len(settings.subsets) == 1 else f"{name} {subset}"
            own = pairs.augmented(similarity, vectors, subset, None, settings.weights)
            grid = GridValues(points, pairs.questions, {ACCURACY: own[ACCURACY]})
            of_folds, of_questions = cross_validated(grid, ACCURACY, settings.folds, settings.seed)
            chosen[condition] = [settings.weights[number] for number in of_folds]
            conditions[condition] = _taken(own, of_questions)
            used = sorted(set(of_folds))
            places = {language: [used.index(each) for each in numbers] for language, numbers in of_questions.items()}
            for control in CONTROLS:
                weights = [settings.weights[number] for number in used]
                conditions[f"{condition} {control}"] = _taken(
                    pairs.augmented(similarity, vectors, subset, control, weights), places
                )
    return conditions, chosen


def _controlled(
    sums: Vectors, counts: npt.NDArray[np.int64], control: str | None
) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """The sums and counts of the queries, or of a control of them: see :class:`AugmentationSettings`."""
    if control == "shuffled":
        distance = max(1, len(sums) // 2)
        return np.roll(sums, -distance, axis=0), np.roll(counts, -distance)
    if control == "mean":
        mean = (sums.sum(axis=0, dtype=np.float64) / max(1, int(counts.sum()))).astype(np.float32)
        return counts[:, None].astype(np.float32) * mean, counts
    return sums, counts


def _turned(values: Mapping[str, Mapping[str, Values]]) -> dict[str, ByLanguage]:
    """Measure to language instead of language to measure."""
    return {measure: {language: of[measure] for language, of in values.items()} for measure in MEASURES}


def _taken(values: Mapping[str, ByLanguage], numbers: Mapping[str, Sequence[int]]) -> dict[str, ByLanguage]:
    """Each sentence's value at its own weight."""
    return {
        measure: {
            language: array[numbers[language], np.arange(array.shape[1])] for language, array in by_language.items()
        }
        for measure, by_language in values.items()
    }


def _by_question(pairs: _Pairs, values: ByLanguage) -> dict[str, float]:
    return {
        question: float(value)
        for language, questions in pairs.questions.items()
        for question, value in zip(questions, values[language], strict=True)
    }


def _counts(text: ParallelText) -> dict[str, Any]:
    pairs = {language: len(of_language) for language, of_language in text.pairs.items()}
    return {"english": len(text.english), "pairs": pairs, "left_out": {k: dict(v) for k, v in text.left_out.items()}}


def described(settings: AlignmentSettings) -> dict[str, Any]:
    """Settings as a report keeps them."""
    return {**asdict(settings), "alphas": list(settings.weights)}
