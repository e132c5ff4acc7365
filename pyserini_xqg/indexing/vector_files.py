"""Vectors of an index on disk while it is built: one file for each kind, whose rows come part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from pyserini_xqg.errors import XqgError
from pyserini_xqg.indexing.augmentation import AugmentedPart
from pyserini_xqg.indexing.flat_file import RowFile, flat_header, npy_header
from pyserini_xqg.indexing.lengths import Sums
from pyserini_xqg.storage.files import free_bytes
from pyserini_xqg.storage.parts import Parts

# In which a file system counts what a file takes.
BLOCK = 512


class VectorFiles:
    """The vectors as a flat index file, and with `keep_vectors` what they were made of, as ``.npy`` arrays.

    Parameters
    ----------
    folder : Path
        Gets ``vectors.flat``, and ``vectors/passages.npy``, ``vectors/queries.LANGUAGE.npy`` (sums),
        ``vectors/counts.LANGUAGE.npy`` and, for each N of `keep_first`, ``vectors/queries.LANGUAGE.first-N.npy``.
    rows, dimension : int
        Of the whole index.
    part_size : int
        Rows a part.
    languages : sequence of str
    keep_vectors : bool
    keep_first : sequence of int
        Numbers of queries whose sums are kept too.
    device : str or None
        What computes them, for the markers.

    Attributes
    ----------
    parts : Parts
        Which of them are on disk.

    Raises
    ------
    XqgError
        The disk has not the space for them.
    """

    FLAT = "vectors.flat"

    def __init__(
        self,
        folder: Path,
        rows: int,
        dimension: int,
        part_size: int,
        languages: Sequence[str],
        keep_vectors: bool,
        keep_first: Sequence[int] = (),
        device: str | None = None,
    ):
        self._device = device
        self._part_size = part_size
        self._all_languages = list(languages)
        self._languages = list(languages) if keep_vectors else []
        self._keep_first = tuple(keep_first)
        wide, narrow = npy_header((rows, dimension), "<f4"), npy_header((rows,), "<i8")
        headers = {self.FLAT: flat_header(dimension, rows)}
        sizes = {self.FLAT: 4 * dimension}
        if keep_vectors:
            (folder / "vectors").mkdir(exist_ok=True)
            headers["vectors/passages.npy"], sizes["vectors/passages.npy"] = wide, 4 * dimension
        for language in self._languages:
            counts, *sums = self._names(language)
            headers |= {counts: narrow, **dict.fromkeys(sums, wide)}
            sizes |= {counts: 8, **dict.fromkeys(sums, 4 * dimension)}
        # Where the last rows came first, the file is longer than what it takes.
        there = ((folder / name).stat() for name in headers if (folder / name).exists())
        here = sum(min(each.st_size, BLOCK * each.st_blocks) for each in there)
        needed, free = rows * sum(sizes.values()) - here, free_bytes(folder)
        if needed > free:
            raise XqgError(
                f"the vectors need {needed / 1e9:.1f} GB more and {folder} has {free / 1e9:.1f} GB free; free some "
                "space, or choose another output"
            )
        self._files = {name: RowFile(folder / name, header, sizes[name]) for name, header in headers.items()}
        self.parts = Parts(folder, "vectors", -(-rows // part_size), self._sha256)

    def write(self, part: AugmentedPart) -> None:
        """Write a part and mark it; it is on disk when this returns."""
        self._files[self.FLAT].write(part.start, part.vectors)
        if "vectors/passages.npy" in self._files:
            self._files["vectors/passages.npy"].write(part.start, part.passages)
        for position, language in enumerate(self._languages):
            rows = [part.counts[position], part.sums[position], *part.first_sums[:, position]]
            for name, values in zip(self._names(language), rows, strict=True):
                self._files[name].write(part.start, values)
        self.parts.mark(
            part.number,
            without_queries=int((part.counts.sum(axis=0) == 0).sum()),
            queries=dict(zip(self._all_languages, part.counts.sum(axis=1).tolist(), strict=True)),
            lengths=part.lengths,
            **({} if self._device is None else {"device": self._device}),
        )

    def write_begun(self, begun: Callable[[], AugmentedPart]) -> None:
        """Wait for a part and write it."""
        self.write(begun())

    def query_counts(self) -> tuple[int, dict[str, int]]:
        """How many passages have no query, and how many queries there are by language; once all parts are there."""
        without, queries = 0, dict.fromkeys(self._all_languages, 0)
        for counts in self.parts.counts():
            without += counts["without_queries"]
            for language, count in counts["queries"].items():
                queries[language] += count
        return without, queries

    def lengths(self) -> list[Sums]:
        """The sums of the parts' lengths; once all parts are there."""
        # Parts that an earlier version has done have none.
        return [counts["lengths"] for counts in self.parts.counts() if "lengths" in counts]

    def devices(self) -> list[str]:
        """What has computed the parts; once all are there."""
        return sorted({counts["device"] for counts in self.parts.counts() if "device" in counts})

    def _sha256(self, number: int) -> str:
        """Of the rows of a part in all files."""
        digest = hashlib.sha256()
        for file in self._files.values():
            digest.update(file.read(number * self._part_size, self._part_size))
        return digest.hexdigest()

    def _names(self, language: str) -> list[str]:
        """The files of the counts, of the sums, and of the sums of the first queries."""
        of_all = [f"vectors/{kind}.{language}.npy" for kind in ("counts", "queries")]
        return of_all + [f"vectors/queries.{language}.first-{number}.npy" for number in self._keep_first]
