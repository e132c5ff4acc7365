"""The mean query direction that a sweep takes from questions, and whether it is tested on these."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.collection.topics import read_topics
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.encoding.encoder import TextEncoder, Vectors
from pyserini_xqg.indexing.formula import unit
from pyserini_xqg.indexing.query_mean import mean_of_topics, sha256_of_topics

log = logging.getLogger("pyserini_xqg")


@dataclass(frozen=True)
class TopicsDirection:
    """The direction of the mean of some questions.

    Attributes
    ----------
    vector : float32 array of shape (dimension,)
        Of unit length.
    sha256 : str
        Of the topics file.
    texts : frozenset of str
        The questions, composed.
    """

    vector: Vectors
    sha256: str
    texts: frozenset[str]

    @classmethod
    def read(cls, topics: Path, encoder: TextEncoder, device: str | None) -> TopicsDirection:
        """From a topics file."""
        texts = frozenset(composed(text.strip()) for _, text in read_topics(topics))
        return cls(unit(mean_of_topics(encoder, topics, device)), sha256_of_topics(topics), texts)

    def among(self, tested: Iterable[str]) -> int:
        """How many of the tested questions had a part in it."""
        return sum(composed(text.strip()) in self.texts for text in tested)

    def warn_of(self, tested: list[str]) -> None:
        """Say so in the log where any had."""
        if found := self.among(tested):
            log.warning(
                "%d of the %d questions that are tested are among --hubness-topics: hubness reduction has seen what it "
                "is tested on, and its figures are too good; give other questions, such as those of a training set",
                found,
                len(tested),
            )
