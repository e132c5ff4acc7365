"""Alignment of parallel sentences by an encoder, and what generated queries added to the English ones change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.parallel import ParallelText
from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.conditions import CONTROLS, ByLanguage, PairVectors, QuerySums, conditions
from pyserini_xqg.evaluation.alignment.pair_measures import MEASURES
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings
from pyserini_xqg.evaluation.alignment.vectors import PLAIN, AlignmentVectors
from pyserini_xqg.evaluation.comparison.clusters import find_clusters
from pyserini_xqg.evaluation.comparison.comparison import compare_runs, groups_of
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport


@dataclass(frozen=True)
class Alignment:
    """How well sentences are aligned.

    Attributes
    ----------
    reports : sequence of MeasureReport
        One a similarity and measure, named like ``cosine A@1``. Runs are conditions: ``plain``; the sources of queries,
        with the subset of languages behind it if there are several; their controls: ``NAME shuffled`` and ``NAME
        mean``, at the weights of theirs, and ``NAME hubness``, the plain vectors less a share of the direction of the
        mean query. Questions are sentences of another language, ``LANGUAGE:ID``.
    chosen : mapping
        Similarity and condition to the weight of each fold.
    counts : mapping
        ``english`` to how many sentences, ``pairs`` to language to how many, ``left_out``.
    shares : mapping
        Similarity and condition to the share that its control of hubness has in each fold.
    """

    reports: Sequence[MeasureReport]
    chosen: Mapping[str, Mapping[str, Sequence[float]]]
    counts: Mapping[str, Any]
    shares: Mapping[str, Mapping[str, Sequence[float]]] = field(default_factory=dict)


def align(
    text: ParallelText,
    encoder: EncoderSettings,
    queries: Mapping[str, str | Path],
    folder: str | Path,
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
    folder : str or Path
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
    check_query_names(queries)
    groups_of(settings.groups, text.pairs)  # before anything is encoded
    vectors = AlignmentVectors(text, encoder, Path(folder), device, show_progress)
    kept = {name: vectors.queries(name, Path(source), settings.num_queries) for name, source in queries.items()}
    return align_vectors(text, vectors.english, vectors.others(), kept, settings, device)


def align_vectors(
    text: ParallelText,
    english: Vectors,
    others: Mapping[str, Vectors],
    kept: Mapping[str, QuerySums],
    settings: AlignmentSettings,
    device: str | None = None,
) -> Alignment:
    """:func:`align` of vectors that are there already, of whatever encoder.

    Parameters
    ----------
    text : ParallelText
    english : float32 array of shape (n, d)
        The vectors of ``text.english``.
    others : mapping
        Language to the vectors of its pairs: float32, shape (pairs, d).
    kept : mapping
        Name to the vectors of the English sentences' queries.
    settings : AlignmentSettings
    device : str or None
        A torch device.
    """
    groups = groups_of(settings.groups, text.pairs)
    pairs = PairVectors(text, english, others, settings, device or "cpu")
    clusters = find_clusters(pairs.questions, by=settings.cluster)
    reports = []
    chosen: dict[str, dict[str, list[float]]] = {}
    shares: dict[str, dict[str, list[float]]] = {}
    for similarity in settings.similarities:
        values, chosen[similarity], shares[similarity] = conditions(pairs, similarity, kept, clusters)
        controls = [(f"{run} {control}", run) for run in chosen[similarity] for control in CONTROLS]
        for measure in MEASURES:
            name = f"{similarity} {measure}"
            of_measure = {run: _by_question(pairs, of_run[measure]) for run, of_run in values.items()}
            comparison = compare_runs(of_measure, pairs.questions, PLAIN, controls, groups, clusters)
            reports.append(MeasureReport.of(name, comparison))
    return Alignment(reports, chosen, _counts(text), shares)


def check_query_names(names: Iterable[str]) -> None:
    """Whether sources of queries can be called so: their names become those of folders.

    Raises
    ------
    UsageError
        One cannot.
    """
    for name in names:
        if name == PLAIN or not re.fullmatch(r"\w[\w.+-]*", name):
            raise UsageError(f"{name!r} cannot be the name of queries: a word other than {PLAIN} is expected")


def _by_question(pairs: PairVectors, values: ByLanguage) -> dict[str, float]:
    return {
        question: float(value)
        for language, questions in pairs.questions.items()
        for question, value in zip(questions, values[language], strict=True)
    }


def _counts(text: ParallelText) -> dict[str, Any]:
    pairs = {language: len(of_language) for language, of_language in text.pairs.items()}
    return {"english": len(text.english), "pairs": pairs, "left_out": {k: dict(v) for k, v in text.left_out.items()}}
