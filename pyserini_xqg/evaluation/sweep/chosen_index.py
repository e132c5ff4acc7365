"""Indexes of what a sweep chose, and of its controls, from the vectors that it searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.evaluation.sweep.grid import OTHERS, OWN, PLAIN, Grid, Point
from pyserini_xqg.indexing.kept_builder import PART_SIZE, build_from_kept
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.settings import CONTROLS, Aggregate, AugmentationSettings, IndexSettings


def build_chosen(
    kept: KeptVectors,
    grid: Grid,
    point: Point,
    aggregate: Aggregate,
    asked: tuple[str, ...],
    output: Path,
    chosen: Mapping[str, Any],
    direction: tuple[Vectors, str | None] | None = None,
) -> list[Path]:
    """Build the index that a point is, and its controls; for ``own`` and ``others`` one for each language.

    Parameters
    ----------
    kept : KeptVectors
    grid : Grid
        That the point is of.
    point : Point
    aggregate : {"sum", "mean"}
    asked : tuple of str
        The languages of the questions.
    output : Path
        The folder to make. Controls have ``-shuffled`` and ``-mean`` behind, indexes of a language its code before
        that: ``best-fi-shuffled``.
    chosen : mapping
        What the manifests say of the choice.
    direction : (float32 array of shape (d,), str), optional
        The mean query direction, and the SHA-256 of the topics file that it is of.

    Returns
    -------
    list of Path
        The folders. A point that adds no queries has no controls, and neither has one of an index that is a control.

    Raises
    ------
    XqgError
        See :func:`~pyserini_xqg.indexing.kept_builder.build_from_kept`.
    """
    made = []
    folders = {output: asked[0]}
    if point.subset in (OWN, OTHERS):
        folders = {output.with_name(f"{output.name}-{language}"): language for language in asked}
    for folder, language in folders.items():
        counted = grid.chosen_languages(point, language)
        # With no query in the question's language it is the plain index.
        here = point if counted else PLAIN
        settings = settings_of(here, aggregate, counted, kept)
        for control in (None, *(CONTROLS if settings.alpha else ())):
            place = folder if control is None else folder.with_name(f"{folder.name}-{control}")
            along, topics = direction if settings.reduce_hubness and direction is not None else (None, None)
            controlled, said = replace(settings, control=control), {"chosen": dict(chosen)}
            build_from_kept(kept, controlled, place, IndexSettings(), PART_SIZE, along, topics, said)
            made.append(place)
    return made


def settings_of(
    point: Point, aggregate: Aggregate, languages: tuple[str, ...], kept: KeptVectors
) -> AugmentationSettings:
    """The settings of a point's index; languages are named only where they are not all."""
    if not languages or (languages == kept.languages and not point.alphas):
        settings = point.augmentation(aggregate, kept.languages)
        return replace(settings, languages=None)
    return point.augmentation(aggregate, languages)
