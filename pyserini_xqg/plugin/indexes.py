"""Indexes as Pyserini's searchers read them: by :func:`pyserini_xqg.indexing.opening.open_index`."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any


class MappingFaiss(ModuleType):
    """The module faiss, but that an index is mapped into memory rather than read.

    Parameters
    ----------
    faiss : module
    """

    def __init__(self, faiss: ModuleType):
        super().__init__(faiss.__name__, faiss.__doc__)
        self._faiss = faiss

    def __getattr__(self, name: str) -> Any:
        return getattr(self._faiss, name)

    def read_index(self, file: Any, *flags: Any) -> Any:
        """Open an index; with flags, or from something that is no path, as faiss does it.

        Raises
        ------
        UsageError
            See :func:`pyserini_xqg.indexing.opening.open_index`.
        RuntimeError
            faiss cannot read it.
        """
        if flags or not isinstance(file, str | os.PathLike):
            return self._faiss.read_index(file, *flags)
        from pyserini_xqg.indexing.opening import LISTS, open_index

        try:
            return open_index(Path(file))
        except RuntimeError:
            if Path(file).with_name(LISTS).exists():
                raise
            return self._faiss.read_index(file)  # a file system that maps nothing; if it is the file, faiss says so
