"""Search in a Pyserini index folder as stock Pyserini searches it (faiss, inner products), with no Java."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.indexing.opening import open_index


class IndexSearcher:
    """The vectors of a Pyserini index folder; they stay on disk, see :mod:`pyserini_xqg.indexing.opening`.

    Parameters
    ----------
    folder : Path
        With the files ``index`` and ``docid``.

    Attributes
    ----------
    rows, dimension : int
        How many vectors there are, and how long each of them is.

    Raises
    ------
    MissingInput, InvalidInput
        There is no index, or faiss cannot read it.
    """

    def __init__(self, folder: Path):
        for name in ("index", "docid"):
            if not (folder / name).is_file():
                raise MissingInput(f"{folder / name}: no such file; a Pyserini index folder holds index and docid")
        try:
            self._index = open_index(folder / "index")
        except RuntimeError as error:
            raise InvalidInput(f"{folder / 'index'}: faiss cannot read it; is it whole?") from error
        self._folder = folder
        self.rows: int = self._index.ntotal
        self.dimension: int = self._index.d

    def check_ids(self, count: int) -> None:
        """Check that ``docid`` has an id for each vector.

        Raises
        ------
        InvalidInput
            It has more, or fewer.
        """
        if count != self.rows:
            raise InvalidInput(
                f"{self._folder}: docid has {count} ids and index {self.rows} vectors; as many are expected"
            )

    def search(self, vectors: Vectors, depth: int) -> tuple[Vectors, npt.NDArray[np.int64]]:
        """The best rows for each vector, best first.

        Parameters
        ----------
        vectors : float32 array of shape (n, dimension)
        depth : int
            How many, if there are so many.

        Returns
        -------
        scores : float32 array of shape (n, min(depth, rows))
            Inner products.
        rows : int64 array of the same shape
            Row -1 where an index that looks into a part of its vectors found no more.

        Raises
        ------
        UsageError
            The vectors have another dimension than the index.
        """
        if vectors.shape[1] != self.dimension:
            raise UsageError(
                f"the index has vectors of {self.dimension} dimensions and the encoder makes {vectors.shape[1]}; the "
                "encoder that made the index is expected"
            )
        scores, rows = self._index.search(vectors, min(depth, self.rows))
        return scores, rows
