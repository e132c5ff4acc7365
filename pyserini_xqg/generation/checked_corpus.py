"""Corpus to write queries for, read from end to end: no id may be there twice, and not all passages may be empty."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from uuid import uuid4

from pyserini_xqg.collection.corpus import Corpus
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.workspace import alone

PART_SIZE = 256
# Each part is a file of a folder of queries.
MOST_PARTS = 10_000


def checked_corpus(
    path: Path, part_size: int | None, limit: int | None, folder: Path, on_passage: Callable[[], object]
) -> Corpus:
    """A corpus that was scanned.

    Parameters
    ----------
    path, limit
        See :class:`pyserini_xqg.collection.Corpus`.
    part_size : int or None
        Passages per part; None: 256, doubled until there are no more than 10,000 parts.
    folder : Path
        The ids go into a folder beside it meanwhile: another run can put the folder itself in its place.
    on_passage : callable
        Is called for each passage.

    Raises
    ------
    InvalidInput
        See :meth:`pyserini_xqg.collection.Corpus.scan`; also for two passages of one id, and where all are empty.
    """
    passages = Corpus(path, part_size or PART_SIZE, limit)
    with _scratch(folder) as scratch, QueryLookup(scratch) as lookup:
        for record, passage in passages.scan():
            if not lookup.add_passage(passage.id):
                raise record.invalid(f"the id {passage.id!r} was there before; ids have to differ")
            on_passage()
    while part_size is None and passages.part_count > MOST_PARTS:
        passages.enlarge_parts(2)
    if passages.empty_passages == passages.passages:
        raise InvalidInput(f"{path}: all {passages.passages} passages are empty; there is nothing to ask about")
    return passages


def scratch_left_beside(folder: Path) -> list[Path]:
    """The folders that were made for the ids beside `folder` and are still there."""
    return sorted(folder.parent.glob(f"{escape(folder.name)}.ids-*"))


@contextmanager
def _scratch(place: Path) -> Iterator[Path]:
    """A folder beside `place` for as long as the block runs; it is locked, unless its run was killed."""
    folder = place.with_name(f"{place.name}.ids-{uuid4().hex}")
    with alone(folder):
        try:
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
