"""Which words of sentence pairs go together: IBM model 1 in both directions, and what the two agree on.

Brown et al., 1993; Och and Ney, 2003; Koehn, Och and Marcu, 2003. The model is written out here because nltk's, which
the tests compare it with, goes through all pairs of words in Python: minutes for a few thousand sentences, against a
second. Grow-diag-final-and is nltk's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

ITERATIONS = 5

Words = Sequence[int]
Link = tuple[int, int]


def links(pairs: Sequence[tuple[Words, Words]], iterations: int = ITERATIONS) -> Iterator[set[Link]]:
    """The positions that go together in each pair of sentences, of one word at least on both sides.

    Parameters
    ----------
    pairs : sequence of (sequence of int, sequence of int)
        The numbers of the words in both sentences, from 0 on.
    iterations : int
        Of expectation maximisation.
    """
    from nltk.translate.gdfa import grow_diag_final_and

    there = IbmModel1(pairs, iterations)
    back = IbmModel1([(theirs, ours) for ours, theirs in pairs], iterations)
    for (ours, theirs), forth, turned in zip(pairs, there.alignments(), back.alignments(), strict=True):
        one = " ".join(f"{source}-{target}" for target, source in enumerate(forth) if source >= 0)
        other = " ".join(f"{target}-{source}" for target, source in enumerate(turned) if source >= 0)
        yield set(grow_diag_final_and(len(ours), len(theirs), one, other)) if one and other else set()


class IbmModel1:
    """How probable each word of the second language is, given one of the first: t(f | e), in IBM model 1.

    Parameters
    ----------
    pairs : sequence of (sequence of int, sequence of int)
        The numbers of the words in both sentences, from 0 on, none of them empty.
    iterations : int
        Of expectation maximisation, from equal probabilities.
    """

    def __init__(self, pairs: Sequence[tuple[Words, Words]], iterations: int = ITERATIONS):
        # A cell is a word of the second sentence with one of the first; with the empty word, number 0, at first.
        self._shapes = [(len(theirs), len(ours) + 1) for ours, theirs in pairs]
        sources = [np.array([0, *(word + 1 for word in ours)], dtype=np.int64) for ours, _ in pairs]
        targets = [np.array(theirs, dtype=np.int64) for _, theirs in pairs]
        source = np.concatenate([np.tile(s, len(t)) for s, t in zip(sources, targets, strict=True)])
        target = np.concatenate([np.repeat(t, len(s)) for s, t in zip(sources, targets, strict=True)])
        lengths = np.concatenate([np.full(rows, columns) for rows, columns in self._shapes])
        self._kinds = int(target.max()) + 1
        self._keys, self._cells = np.unique(source * self._kinds + target, return_inverse=True)
        place = np.repeat(np.arange(len(lengths)), lengths)
        known = self._keys // self._kinds
        self._probabilities: NDArray[np.float64] = np.ones(len(self._keys))
        for _ in range(iterations):
            shares = self._probabilities[self._cells]
            shares /= np.bincount(place, shares)[place]
            counts = np.bincount(self._cells, shares)
            self._probabilities = counts / np.bincount(known, counts)[known]

    def probability(self, source: int | None, target: int) -> float:
        """t(target | source); of the empty word for None."""
        key = (0 if source is None else source + 1) * self._kinds + target
        place = int(np.searchsorted(self._keys, key))
        found = place < len(self._keys) and self._keys[place] == key
        return float(self._probabilities[place]) if found else 0.0

    def alignments(self) -> Iterator[list[int]]:
        """For each pair the most probable position in the first sentence of each word of the second; -1 for none."""
        start = 0
        for rows, columns in self._shapes:
            cells = self._cells[start : start + rows * columns]
            yield (self._probabilities[cells].reshape(rows, columns).argmax(axis=1) - 1).tolist()
            start += rows * columns
