"""Settings of an alignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.alignment.similarity import SIMILARITIES
from pyserini_xqg.evaluation.sweep.grid import ALL, ALPHAS, OTHERS, OWN
from pyserini_xqg.indexing.settings import AGGREGATES, Aggregate, AugmentationSettings

# Of XNLI's languages those that multilingual encoders see least of, and with those that come next.
XNLI_GROUPS = {"low-resource": ("sw", "ur"), "low-resource, wider": ("sw", "ur", "th", "hi", "bg")}


@dataclass(frozen=True)
class AlignmentSettings:
    """How alignment is measured.

    Parameters
    ----------
    similarities : tuple of str
        See :class:`~pyserini_xqg.evaluation.alignment.similarity.Similarity`.
    aggregate : {"sum", "mean"}
    alphas : tuple of float or None
        Weights of the queries to choose from; None: ten that are usual for the aggregate.
    subsets : tuple of str
        Languages whose queries count: ``all``; ``own``, the sentence's own; ``others``, all but it.
    num_queries : int or None
        How many queries of each language count; None: all.
    folds : int
        The weight is chosen for each fold of the sentences on the others, by ``A@1``.
    seed : int
        Deals the sentences out to the folds.
    groups : mapping
        Name to languages, for a mean of their own.
    """

    similarities: tuple[str, ...] = ("cosine",)
    aggregate: Aggregate = "mean"
    alphas: tuple[float, ...] | None = None
    subsets: tuple[str, ...] = (ALL,)
    num_queries: int | None = None
    folds: int = 5
    seed: int = 0
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, given, known in (
            ("similarity", self.similarities, SIMILARITIES),
            ("subset", self.subsets, (ALL, OWN, OTHERS)),
            ("aggregate", (self.aggregate,), AGGREGATES),
        ):
            if not given:
                raise UsageError(f"no {name}: one or more of {', '.join(known)} are expected")
            for value in given:
                if value not in known:
                    raise UsageError(f"{name} is {value!r}: one of {', '.join(known)} is expected")
        if self.alphas == ():
            raise UsageError("no alpha: at least one is expected")
        for alpha in self.weights:
            AugmentationSettings(alpha=alpha)  # checks it

    @property
    def weights(self) -> tuple[float, ...]:
        """The alphas to choose from, rising."""
        return tuple(sorted(set(ALPHAS[self.aggregate] if self.alphas is None else self.alphas)))


def described(settings: AlignmentSettings) -> dict[str, Any]:
    """Settings as a report keeps them."""
    return {**asdict(settings), "alphas": list(settings.weights)}
