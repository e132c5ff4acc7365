"""Builder of an index from the kept vectors of another one, with other weights or languages, or as a control.

Nothing is encoded. Its settings and inputs are those of the index that is built from the texts, and so are its vectors:
to the byte where all queries of the kept index count, hubness stays and it is no control; else to rounding (1e-6), as
texts were encoded in other batches or summed in another order.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pyserini_xqg.collection.languages import in_language
from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.encoding.folder import read_encoder
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.augmentation import AugmentedPart, assembled
from pyserini_xqg.indexing.index_folder import IndexFolder
from pyserini_xqg.indexing.kept_queries import KeptQueries
from pyserini_xqg.indexing.kept_vectors import KeptVectors
from pyserini_xqg.indexing.lengths import length_warning
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from pyserini_xqg.indexing.vector_files import VectorFiles
from pyserini_xqg.storage.manifest import Manifest
from pyserini_xqg.storage.workspace import working_folder

PART_SIZE = 1024

log = logging.getLogger("pyserini_xqg")


def build_from_kept(
    kept: KeptVectors,
    augmentation: AugmentationSettings,
    output: Path,
    form: IndexSettings,
    part_size: int,
    direction: Vectors | None = None,
    hubness_topics: str | None = None,
    details: Mapping[str, Any] | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Manifest:
    """Build an index from kept vectors.

    Parameters
    ----------
    kept : KeptVectors
    augmentation : AugmentationSettings
    output : Path
        The index folder to make.
    form : IndexSettings
    part_size : int
    direction : float32 array of shape (d,), optional
        The mean query direction for hubness reduction; that of the queries that count unless given.
    hubness_topics : str, optional
        The SHA-256 of the topics file that `direction` is of.
    details : mapping, optional
        What the manifest is to say beside.
    progress : callable
        Is told how many more passages are done.

    Returns
    -------
    Manifest
        Of what was made. If the same index is there already, it is left as it is, but for `details`.

    Raises
    ------
    UsageError
        `kept` is a control, has no queries, or not so many of each language; something else is at `output`.
    InvalidInput
        It has no queries in a language that was asked for.
    """
    settings, languages, number = _settled(kept, augmentation)
    for first in form.keep_first:
        kept.number(first)
    inputs = {**kept.manifest.inputs, "hubness_topics": hubness_topics}
    with working_folder(output) as folder:
        encoder = read_encoder(kept.index, "passage")
        made = IndexFolder(folder, output, encoder, kept.dimension, kept.rows, settings, form, part_size, inputs)
        if (there := made.there()) is not None:
            return _with_details(there, output, details or {})
        workspace = made.workspace()
        if (whole := made.whole()) is None:
            queries = KeptQueries(
                kept, languages, number, settings.control if languages else None, settings.control_seed
            )
            if settings.reduce_hubness and direction is None:
                direction = queries.direction()
            workspace.record()
            files = VectorFiles(
                folder, kept.rows, kept.dimension, part_size, languages, form.keep_vectors, form.keep_first
            )
            for part in files.parts.missing():
                vectors = _part(kept, queries, part, part_size, languages, settings, form, direction)
                files.write(vectors)
                progress(len(vectors.vectors))
            _copy_ids(kept, folder)
            made.fill()
            whole = made.manifest
            whole.counts = _counts(kept, files, queries)
            whole.details |= {"from_kept_vectors": True, **(details or {})}
            if settings.reduce_hubness and direction is not None:
                whole.details["mean_query_direction"] = direction.tolist()
            if settings.alpha and (said := length_warning(files.lengths(), settings.normalize)):
                log.warning("%s", said)
        workspace.finish(whole, made.settle)
        return whole


def _settled(
    kept: KeptVectors, asked: AugmentationSettings
) -> tuple[AugmentationSettings, tuple[str, ...], int | None]:
    """The settings as they come down to with these queries, the languages, and the number of queries."""
    if kept.made_with.control is not None:
        raise UsageError(
            f"{kept.index} is a control: it keeps other passages' queries. Start from the index of their own"
        )
    if not kept.languages and (asked.alpha or asked.control):
        raise UsageError(f"{kept.index} was built without queries: give --queries")
    there = {language: in_language(language, kept.languages) for language in asked.languages or ()}
    if missing := [language for language, found in there.items() if not found]:
        raise InvalidInput(
            f"{kept.index}: no queries in {', '.join(missing)}; there are some in {', '.join(kept.languages)}"
        )
    number = kept.number(asked.num_queries)
    settled = replace(
        asked,
        languages=kept.made_with.languages if asked.languages is None else asked.languages,
        num_queries=kept.made_with.num_queries if number is None else number,
    )
    named = {each for found in there.values() for each in found}
    return settled, tuple(each for each in kept.languages if not there or each in named), number


def _part(
    kept: KeptVectors,
    queries: KeptQueries,
    number: int,
    part_size: int,
    languages: tuple[str, ...],
    settings: AugmentationSettings,
    form: IndexSettings,
    direction: Vectors | None,
) -> AugmentedPart:
    start = number * part_size
    rows = slice(start, min(kept.rows, start + part_size))
    sums, counts = queries.by_language(rows)
    first_sums = [queries.by_language(rows, first)[0] for first in form.keep_first]
    stacked = np.stack(first_sums) if first_sums else np.zeros((0, *sums.shape), dtype=np.float32)
    passages = kept.passages(rows.start, rows.stop)
    return assembled(number, start, passages, sums, counts, stacked, languages, settings, direction)


def _copy_ids(kept: KeptVectors, folder: Path) -> None:
    try:
        shutil.copyfile(kept.index / "docid", folder / "docid")
    except FileNotFoundError as error:
        raise MissingInput(
            f"{kept.index / 'docid'}: no such file; a Pyserini index folder holds index and docid"
        ) from error


def _counts(kept: KeptVectors, files: VectorFiles, queries: KeptQueries) -> dict[str, Any]:
    without, of_languages = files.query_counts()
    exchanged = {} if queries.exchange is None else queries.exchange.counts()
    counts = {"passages_without_queries": without, "queries": of_languages, **exchanged}
    return {**kept.manifest.counts, "passages": kept.rows, **counts}


def _with_details(manifest: Manifest, output: Path, details: Mapping[str, Any]) -> Manifest:
    """The manifest of an index that is there, which may have been chosen on something else before."""
    if any(manifest.details.get(name) != value for name, value in details.items()):
        manifest.details |= details
        manifest.write(output)
    return manifest
