"""Interface of a query generator."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from pyserini_xqg.collection.passages import Passage

Progress = Callable[[int], object]


class Generator(Protocol):
    """Writes queries for passages.

    A generator is ready when it is made: what it lacks (a package, a model, a key, a dictionary) is an error of its
    constructor, :class:`pyserini_xqg.errors.MissingPrerequisite` with the line that installs it, or
    :class:`pyserini_xqg.errors.MissingInput`.

    Attributes
    ----------
    settings : mapping
        All that decides on its queries, as JSON knows it; ``settings["generator"]`` is its name.
    inputs : mapping of str to str
        Fingerprints of files that decide on the queries of one language each, by ``"kind.language"``.
    languages : frozenset of str or None
        The codes of the languages that it writes; None: any.
    samples : bool
        Whether another seed gives other queries.
    reproducible : bool
        Whether the same settings, passages and seed give the same queries at any time on the same machine, whatever
        the size of the batches that memory permits.
    least_script : float
        The least share of a query's letters that has to be in the script of its language, 0 to 1.
    special_tokens : frozenset of str
        Of its tokenizer, where that is known: no query has them.
    """

    settings: Mapping[str, Any]
    inputs: Mapping[str, str] = MappingProxyType({})
    languages: frozenset[str] | None
    samples: bool
    reproducible: bool
    least_script: float
    special_tokens: frozenset[str] = frozenset()

    def generate(
        self, passages: Sequence[Passage], language: str, n: int, seed: int, progress: Progress
    ) -> list[list[str]]:
        """Write queries.

        Parameters
        ----------
        passages : sequence of Passage
            None of them empty.
        language : str
            Its code.
        n : int
            How many queries to try for each passage.
        seed : int
            Decides on what is drawn, together with the ids of the passages: never with how they are cut into batches.
        progress : callable
            Is told the number of passages that were finished since the last call.

        Returns
        -------
        list of list of str
            For each passage up to `n` queries as they were written, not cleaned; fewer where the back end has no more.
        """
        ...


def derived_seed(*values: object) -> int:
    """A seed of 64 bits that depends on all values, and on nothing else."""
    text = "\0".join(map(str, values))
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "big")
