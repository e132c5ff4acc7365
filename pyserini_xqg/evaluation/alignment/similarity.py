"""Similarities of the sentences of two languages: cosine, inner product, margin, CSLS."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from pyserini_xqg.encoding.encoder import Vectors
from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.settings import SIMILARITIES

# As in the papers.
NEIGHBOURS = {"margin": 4, "csls": 10}
BLOCK = 1024


class Similarity:
    """Similarities of the sentences of two languages.

    * ``cosine``;
    * ``dot``: the inner product of the vectors as they are, which is what an index is searched by;
    * ``margin``: the cosine over the mean of both sentences' mean cosine with their 4 nearest neighbours in the other
      language (ratio margin; Artetxe and Schwenk, ACL 2019);
    * ``csls``: twice the cosine less both sentences' mean cosine with their 10 nearest neighbours in the other language
      (cross-domain similarity local scaling; Conneau et al., ICLR 2018).

    Parameters
    ----------
    name : str
        One of these.
    left, right : float32 arrays of shape (n, d) and (m, d)
    device : str
        A torch device.

    Raises
    ------
    UsageError
        An unknown name.
    """

    def __init__(self, name: str, left: Vectors, right: Vectors, device: str = "cpu"):
        if name not in SIMILARITIES:
            raise UsageError(f"similarity is {name!r}: one of {', '.join(SIMILARITIES)} is expected")
        self._name = name
        vectors = [torch.from_numpy(each).to(device) for each in (left, right)]
        if name != "dot":
            vectors = [torch.nn.functional.normalize(each) for each in vectors]
        self._left, self._right = vectors
        if name in NEIGHBOURS:
            self._of_left = _nearest(self._left, self._right, NEIGHBOURS[name])
            self._of_right = _nearest(self._right, self._left, NEIGHBOURS[name])

    def from_left(self) -> Iterator[tuple[int, torch.Tensor]]:
        """Blocks of the similarities of shape (n, m), each with the number of its first row."""
        for start in range(0, len(self._left), BLOCK):
            rows = slice(start, start + BLOCK)
            yield start, self._block(self._left[rows], self._right, rows, right_is_left=False)

    def from_right(self) -> Iterator[tuple[int, torch.Tensor]]:
        """Blocks of the same turned round, of shape (m, n)."""
        for start in range(0, len(self._right), BLOCK):
            rows = slice(start, start + BLOCK)
            yield start, self._block(self._right[rows], self._left, rows, right_is_left=True)

    def _block(self, some: torch.Tensor, others: torch.Tensor, rows: slice, right_is_left: bool) -> torch.Tensor:
        scores = some @ others.T
        if self._name in NEIGHBOURS:
            of_some, of_others = self._of_left, self._of_right
            if right_is_left:
                of_some, of_others = of_others, of_some
            around = of_some[rows, None] + of_others
            scores = 2 * scores / around if self._name == "margin" else 2 * scores - around
        return scores


def _nearest(some: torch.Tensor, others: torch.Tensor, number: int) -> torch.Tensor:
    """The mean cosine of each of `some` with its nearest `others`: shape (len(some),)."""
    number = min(number, len(others))
    blocks = (some[start : start + BLOCK] @ others.T for start in range(0, len(some), BLOCK))
    return torch.cat([scores.topk(number).values.mean(dim=1) for scores in blocks])
