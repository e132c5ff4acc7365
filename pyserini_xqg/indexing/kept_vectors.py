"""Kept vectors of an index: those of its passages and queries (``--keep-vectors``), read in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.formula import unit
from pyserini_xqg.indexing.query_mean import sampled
from pyserini_xqg.indexing.settings import AugmentationSettings
from pyserini_xqg.storage.manifest import Manifest, holds_encoder


class KeptVectors:
    """The kept vectors of an index.

    Parameters
    ----------
    index : str or Path
        An index folder made with ``--keep-vectors``. How its own vectors were augmented makes no difference.

    Attributes
    ----------
    index : Path
    manifest : Manifest
        Of the index.
    made_with : AugmentationSettings
    rows, dimension : int
    languages : tuple of str
        Whose queries were kept.
    numbers : tuple of int or None
        The numbers of queries a language that can be tried; None, always the last one, stands for all.

    Raises
    ------
    MissingInput
        There is no such index, or it keeps no vectors.
    InvalidInput
        A kept array has another shape than the others.
    UsageError
        The index is a mean control, whose queries are all the same vector, or a shuffled one of before
        :mod:`pyserini_xqg.indexing.exchange`.
    """

    def __init__(self, index: str | Path):
        manifest = self.manifest = Manifest.read(index)
        self.index = Path(index)
        if manifest.kind != "index":
            raise UsageError(f"{index} is no index but a folder of the kind {manifest.kind!r}")
        if not manifest.settings.get("keep_vectors"):
            raise MissingInput(
                f"{index} keeps no vectors; build it with --keep-vectors, or with --keep-first to try numbers of "
                "queries too"
            )
        self._folder = Path(index, "vectors")
        self.made_with = AugmentationSettings.from_dict(manifest.settings["augmentation"])
        if self.made_with.control == "mean":
            raise UsageError(f"{index} is a mean control: it keeps none of its passages' own queries")
        if self.made_with.control == "shuffled" and "control_seed" not in manifest.settings["augmentation"]:
            raise UsageError(
                f"{index} is a shuffled control of an earlier version, in which passages without queries got some and "
                "others lost theirs: no gain can be held against it. Build it anew"
            )
        most = self.made_with.num_queries
        first = manifest.settings.get("keep_first", [])
        self.numbers = (*(number for number in first if most is None or number < most), None)
        self.languages = tuple(manifest.counts["queries"])
        self._passages = self._array("passages")
        self.rows, self.dimension = self._passages.shape
        self._counts = {language: self._array(f"counts.{language}", (self.rows,)) for language in self.languages}
        self._sums = {
            (language, number): self._array(_name(language, number), self._passages.shape)
            for language in self.languages
            for number in self.numbers
        }

    def number(self, asked: int | None) -> int | None:
        """The one of `numbers` that `asked` is; all, where the index itself has no more.

        Raises
        ------
        UsageError
            The sums of so many queries were not kept.
        """
        if asked in self.numbers:
            return asked
        if asked is not None and self.made_with.num_queries is not None and asked >= self.made_with.num_queries:
            return None
        there = ", ".join("all" if number is None else str(number) for number in self.numbers)
        raise UsageError(
            f"the sums of the first {asked} queries were not kept; there are those of {there}. Build the index with "
            f"--keep-first {asked}"
        )

    def passages(self, start: int, end: int) -> Vectors:
        """The passages' vectors from row `start` to before `end`."""
        return np.array(self._passages[start:end])

    def queries(self, languages: Iterable[str], number: int | None, rows: slice | npt.NDArray[np.intp]) -> Vectors:
        """The sums of the query vectors of some passages, over languages."""
        total = np.zeros(self._passages[rows].shape, dtype=np.float32)
        for language in languages:
            total += self._sums[language, number][rows]
        return total

    def counts(
        self, languages: Iterable[str], number: int | None, rows: slice | npt.NDArray[np.intp]
    ) -> npt.NDArray[np.int64]:
        """How many query vectors the sums of :meth:`queries` hold."""
        total = np.zeros(self._passages[rows].shape[0], dtype=np.int64)
        for language in languages:
            own = self._counts[language][rows].astype(np.int64)
            total += own if number is None else np.minimum(own, number)
        return total

    def direction(self, languages: Sequence[str], number: int | None) -> Vectors:
        """The mean query direction as the builder takes it from generated queries: see
        :func:`pyserini_xqg.indexing.query_mean.mean_of_generated`.

        Raises
        ------
        UsageError
            No passage has queries.
        """
        return unit(self.mean(languages, number))

    def mean(
        self, languages: Sequence[str], number: int | None, partners: npt.NDArray[np.int64] | None = None
    ) -> npt.NDArray[np.float64]:
        """The mean query vector, shape (d,), of the same sample of passages; with `partners`, of those whose queries
        they get.
        """
        rows = sampled(np.flatnonzero(self.counts(languages, number, slice(None))))
        taken = rows if partners is None else partners[rows]
        total: npt.NDArray[np.float64] = self.queries(languages, number, taken).sum(axis=0, dtype=np.float64)
        return total / max(1, int(self.counts(languages, number, taken).sum()))

    def _array(self, name: str, shape: tuple[int, ...] | None = None) -> npt.NDArray[Any]:
        file = self._folder / f"{name}.npy"
        try:
            array: npt.NDArray[Any] = np.load(file, mmap_mode="r")
        except OSError as error:
            raise MissingInput(f"{file}: cannot be read ({error.strerror}); build the index anew") from error
        except (ValueError, EOFError) as error:
            raise InvalidInput(f"{file}: no whole array ({error}); build the index anew") from error
        if shape is not None and array.shape != shape:
            raise InvalidInput(f"{file}: an array of shape {array.shape}; {shape} is expected. Build the index anew")
        return array


def keeps_queries(index: str | Path) -> bool:
    """Whether a folder is an index of ours that keeps its vectors, those of queries among them."""
    if not holds_encoder(index):
        return False
    manifest = Manifest.read(index)
    return bool(manifest.kind == "index" and manifest.settings.get("keep_vectors") and manifest.counts["queries"])


def _name(language: str, number: int | None) -> str:
    return f"queries.{language}" + ("" if number is None else f".first-{number}")
