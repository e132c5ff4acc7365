"""The files that the parts of an index are written to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.errors import XqgError
from pyserini_xqg.indexing.flat_file import RowFile, flat_header, npy_header
from pyserini_xqg.indexing.part import Part
from pyserini_xqg.storage.files import free_bytes


class PartFiles:
    """The vectors as a flat index file, and with `keep_vectors` what they were made of, as ``.npy`` arrays.

    Parameters
    ----------
    folder : Path
        Gets ``vectors.flat``, and ``vectors/passages.npy``, ``vectors/queries.LANGUAGE.npy`` (sums),
        ``vectors/counts.LANGUAGE.npy`` and, for each N of `keep_first`, ``vectors/queries.LANGUAGE.first-N.npy``.
    rows, dimension : int
        Of the whole index.
    languages : sequence of str
    keep_vectors : bool
    keep_first : sequence of int
        Numbers of queries whose sums are kept too.

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
        languages: Sequence[str],
        keep_vectors: bool,
        keep_first: Sequence[int] = (),
    ):
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
        here = sum((folder / name).stat().st_size for name in headers if (folder / name).exists())
        needed, free = rows * sum(sizes.values()) - here, free_bytes(folder)
        if needed > free:
            raise XqgError(
                f"the vectors need {needed / 1e9:.1f} GB more and {folder} has {free / 1e9:.1f} GB free; free some "
                "space, or choose another output"
            )
        self._files = {name: RowFile(folder / name, header) for name, header in headers.items()}

    def __enter__(self) -> PartFiles:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def write(self, part: Part) -> None:
        """Write a part; it is on disk when this returns."""
        self._files[self.FLAT].write(part.start, part.vectors)
        if "vectors/passages.npy" in self._files:
            self._files["vectors/passages.npy"].write(part.start, part.passages)
        for position, language in enumerate(self._languages):
            rows = [part.counts[position], part.sums[position], *part.first_sums[:, position]]
            for name, values in zip(self._names(language), rows, strict=True):
                self._files[name].write(part.start, values)

    def _names(self, language: str) -> list[str]:
        """The files of the counts, of the sums, and of the sums of the first queries."""
        of_all = [f"vectors/{kind}.{language}.npy" for kind in ("counts", "queries")]
        return of_all + [f"vectors/queries.{language}.first-{number}.npy" for number in self._keep_first]
