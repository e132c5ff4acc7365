"""Top passages for several weights of the same two scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

LOWEST = torch.finfo(torch.float32).min


class TopPassages:
    """The passages with the highest (1 - alpha) P + alpha T, for some questions and several alphas; or with the highest
    quotient of that and a length that each passage has at each alpha.

    Parameters
    ----------
    questions, depth : int
        How many questions there are, and how many passages are kept of each. The first call of :meth:`add` has to
        bring at least as many.
    alphas : sequence of float
        Rising.
    """

    def __init__(self, questions: int, depth: int, alphas: Sequence[float]):
        self._alphas = torch.tensor(alphas, dtype=torch.float32)
        self._scores = torch.full((len(alphas), questions, depth), -torch.inf)
        self._rows = torch.zeros((len(alphas), questions, depth), dtype=torch.int32)
        # A line below the scores to beat is drawn from each of these to the next.
        self._anchors = sorted({0, len(alphas) // 2, len(alphas) - 1})

    def add(
        self, passages: torch.Tensor, queries: torch.Tensor, start: int, lengths: torch.Tensor | None = None
    ) -> None:
        """Look at more passages.

        Parameters
        ----------
        passages, queries : tensors of shape (questions, n)
            P and T of the passages from row `start` on.
        start : int
        lengths : tensor of shape (alphas, n), optional
            What scores are divided by.
        """
        lowest = self._scores.amin(dim=2)
        rows = torch.arange(start, start + passages.shape[1], dtype=torch.int32).expand(passages.shape)
        if lowest.isfinite().all():
            hopeful = (
                self._hopeful(passages, queries, lowest)
                if lengths is None
                else self._better(passages, queries, lengths, lowest)
            )
            question, column = (torch.from_numpy(found) for found in np.nonzero(hopeful.numpy()))
            if not len(question):
                return
            passages, queries, rows, columns = _gathered(question, column, passages, queries, rows)
            lengths = None if lengths is None else lengths[:, columns]
        elif lengths is not None:
            lengths = lengths[:, None]
        scores = torch.lerp(passages, queries, self._alphas[:, None, None])
        if lengths is not None:
            scores = scores / lengths
        depth = self._scores.shape[2]
        self._scores, found = torch.cat([self._scores, scores], dim=2).topk(depth, dim=2, sorted=False)
        new = rows.expand(scores.shape).gather(2, (found - depth).clamp(min=0))
        self._rows = torch.where(found < depth, self._rows.gather(2, found.clamp(max=depth - 1)), new)

    def result(self, points: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Rows and scores, best first, of shape (points, questions, depth); those of one alpha stand for several."""
        rows, scores = self._rows.numpy().astype(np.int64), self._scores.numpy()
        order = np.lexsort((rows, -scores), axis=2)
        rows, scores = np.take_along_axis(rows, order, 2), np.take_along_axis(scores, order, 2)
        shape = (points, *rows.shape[1:])
        return np.broadcast_to(rows, shape), np.broadcast_to(scores, shape)

    def _hopeful(self, passages: torch.Tensor, queries: torch.Tensor, lowest: torch.Tensor) -> torch.Tensor:
        """Which passages may beat the worst kept score for some alpha.

        A passage's score is a line over alpha. If at both ends of a stretch it is below another line that is itself
        below all scores to beat, then it is so in between.
        """
        bounds = lowest[self._anchors]
        for one, (first, last) in enumerate(zip(self._anchors, self._anchors[1:], strict=False)):
            width = self._alphas[last] - self._alphas[first]
            share = ((self._alphas[first : last + 1] - self._alphas[first]) / width)[:, None]
            line = torch.lerp(lowest[first], lowest[last], share)
            lowered = (line - lowest[first : last + 1]).amax(dim=0).clamp(min=0)
            bounds[one] = torch.minimum(bounds[one], lowest[first] - lowered)
            bounds[one + 1] = torch.minimum(bounds[one + 1], lowest[last] - lowered)
        hopeful = torch.zeros(passages.shape, dtype=torch.bool)
        for anchor, bound in zip(self._anchors, bounds, strict=True):
            alpha = float(self._alphas[anchor])
            scores = passages if alpha == 0 else torch.lerp(passages, queries, alpha)
            hopeful |= scores > bound[:, None]
        return hopeful

    def _better(
        self, passages: torch.Tensor, queries: torch.Tensor, lengths: torch.Tensor, lowest: torch.Tensor
    ) -> torch.Tensor:
        """Which passages beat the worst kept score of some alpha; quotients are no lines over alpha."""
        better = torch.zeros(passages.shape, dtype=torch.bool)
        for alpha, of_alpha, bound in zip(self._alphas.tolist(), lengths, lowest, strict=True):
            better |= torch.lerp(passages, queries, alpha) / of_alpha > bound[:, None]
        return better


def _gathered(
    question: torch.Tensor, column: torch.Tensor, passages: torch.Tensor, queries: torch.Tensor, rows: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """The chosen columns of each question side by side, and which they were; what is left over can be no one's best."""
    counts = torch.bincount(question, minlength=len(passages))
    place = torch.arange(len(question)) - (counts.cumsum(0) - counts)[question]
    gathered = []
    columns = torch.arange(passages.shape[1]).expand(passages.shape)
    for values, empty in ((passages, LOWEST), (queries, LOWEST), (rows, 0), (columns, 0)):
        into = torch.full((len(passages), int(counts.max())), empty, dtype=values.dtype)
        into[question, place] = values[question, column]
        gathered.append(into)
    return gathered[0], gathered[1], gathered[2], gathered[3]
