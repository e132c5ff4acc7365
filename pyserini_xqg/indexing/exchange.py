"""Exchange of queries among passages: the shuffled control.

Each passage with queries gets those of another one, which has as many in each language, drawn at random. So which
passages have queries, how many, and which queries there are stays as it is, and only what they say of their passage
goes. A control that moved "has queries" to other passages, too, would be beaten by queries that say nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.collection.query_numbers import QueryNumbers
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.settings import AugmentationSettings

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class Exchange:
    """Who gets whose queries.

    Attributes
    ----------
    partners : int64 array of shape (rows,)
        The row of the passage whose queries a passage gets; its own where it has none.
    exchanged : int
        How many passages get those of another one: all that have any.
    unequal : int
        How many of these get another number of them, in some language, than they have.
    """

    partners: npt.NDArray[np.int64]
    exchanged: int
    unequal: int

    def counts(self) -> dict[str, int]:
        """As a manifest has them."""
        return {"passages_with_others_queries": self.exchanged, "of_them_with_unequal_numbers": self.unequal}


def exchange_for(settings: AugmentationSettings, lookup: QueryLookup, languages: Sequence[str]) -> Exchange | None:
    """The exchange of a shuffled control; None for any other index.

    Parameters
    ----------
    settings : AugmentationSettings
    lookup : QueryLookup
        Filled.
    languages : sequence of str
        Whose queries count.

    Raises
    ------
    UsageError
        See :func:`exchange`.
    """
    if settings.control != "shuffled" or not languages:
        return None
    return drawn_exchange(lookup.numbers(languages, settings.num_queries), settings.control_seed)


def drawn_exchange(numbers: QueryNumbers, seed: int) -> Exchange:
    """:func:`exchange`, and a warning where passages get another number of queries than they have."""
    drawn = exchange(numbers, seed)
    if drawn.unequal:
        log.warning(
            "the shuffled control gives %d of %d passages with queries another number of them than they have, because "
            "no other passage has as many in each language",
            drawn.unequal,
            drawn.exchanged,
        )
    return drawn


def exchange(numbers: QueryNumbers, seed: int) -> Exchange:
    """Draw a partner for each passage that has queries.

    Passages with the same numbers form a group, and each of a group gets the queries of another one of it: a
    permutation without fixed points, in which every other passage of the group is as likely. A passage whose numbers
    no other has joins those with the next numbers, if there are any among the passages with queries in the same
    languages; by that, two passages get other numbers than their own.

    Parameters
    ----------
    numbers : QueryNumbers
        The result takes 8 bytes a passage, and some 64 while it is drawn.
    seed : int
        0 to 2**32 - 1. The same numbers and seed give the same exchange.

    Raises
    ------
    UsageError
        Fewer than two passages have queries.
    """
    rows = numbers.rows_with_queries()
    if len(rows) < 2:
        raise UsageError(
            f"{len(rows)} of {len(numbers.of_row)} passages have queries that count: the shuffled control exchanges "
            "queries among passages, so at least two are expected"
        )
    pattern = numbers.of_row[rows]
    group = _groups(numbers.patterns, np.bincount(pattern, minlength=len(numbers.patterns)))[pattern]
    # RandomState's numbers stay the same with every version of numpy, so that a stopped build can go on with another.
    order = np.random.RandomState(seed).permutation(len(rows))
    order = order[np.argsort(group[order], kind="stable")]
    # In each group everyone gets the queries of the next, and the last those of the first.
    (starts,) = np.nonzero(np.diff(group[order], prepend=-1))
    following = np.arange(1, len(rows) + 1)
    following[np.append(starts[1:], len(rows)) - 1] = starts
    giving = order[following]
    partners = np.arange(len(numbers.of_row), dtype=np.int64)
    partners[rows[order]] = rows[giving]
    return Exchange(partners, len(rows), int((pattern[order] != pattern[giving]).sum()))


def _groups(patterns: npt.NDArray[np.int64], sizes: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
    """The group of each pattern that `sizes` passages have; none has a single passage."""
    there = patterns > 0
    order = np.lexsort((*patterns.T[::-1], patterns.sum(axis=1), *there.T[::-1]))
    in_languages: dict[bytes, list[tuple[list[int], int]]] = {}
    for number in order.tolist():
        if sizes[number]:
            in_languages.setdefault(there[number].tobytes(), []).append(([number], int(sizes[number])))
    found = np.zeros(len(patterns), dtype=np.int32)
    for group, (members, _) in enumerate(_joined([each for of in in_languages.values() for each in _joined(of)])):
        found[members] = group
    return found


def _joined(groups: list[tuple[list[int], int]]) -> list[tuple[list[int], int]]:
    """`groups` (patterns, number of passages), those of one passage joined with the next group or the one before."""
    found: list[tuple[list[int], int]] = []
    for members, size in groups:
        if found and found[-1][1] == 1:
            found[-1] = (found[-1][0] + members, 1 + size)
        else:
            found.append((members, size))
    if len(found) > 1 and found[-1][1] == 1:
        members, size = found.pop()
        found[-1] = (found[-1][0] + members, found[-1][1] + size)
    return found
