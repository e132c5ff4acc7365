"""Settings of an alignment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.sweep.grid import ALL, ALPHAS, OTHERS, OWN
from pyserini_xqg.indexing.settings import AGGREGATES, Aggregate, AugmentationSettings

MEASURING, QUERIES = "Measuring", {"panel": "Queries of the English sentences"}
SIMILARITIES = ("cosine", "dot", "margin", "csls")
# Of XNLI's languages those that multilingual encoders see least of, and with those that come next.
XNLI_GROUPS = {"low-resource": ("sw", "ur"), "low-resource, wider": ("sw", "ur", "th", "hi", "bg")}


@dataclass(frozen=True)
class AlignmentSettings:
    """How alignment is measured.

    Parameters
    ----------
    similarities : tuple of str
        How vectors are compared: cosine, dot, margin, csls; repeated or separated by commas. See
        :class:`~pyserini_xqg.evaluation.alignment.similarity.Similarity`.
    aggregate : {"sum", "mean"}
        Add a sentence's query vectors up, or average them.
    alphas : tuple of float or None
        Weights of the queries to choose from; None: ten from 0 to 0.5 of a sum, to 0.9 of a mean.
    subsets : tuple of str
        Languages whose queries count: all, own (the sentence's), others (all but it).
    num_queries : int or None
        Use only the first N queries of each language.
    folds : int
        Parts of the sentences; the weight is chosen for each on the others. By ``A@1``.
    seed : int
        Seed of the random numbers that make the folds and the shuffled control.
    cluster : str or Path or None
        What goes together in folds and tests: question (an English sentence's translations), none, or a file with
        LANGUAGE:ID, a tab and the name of its cluster on each line; None: question.
    groups : mapping
        Print the mean of these languages too, as NAME; repeated; None: of XNLI sw,ur and sw,ur,th,hi,bg.
    """

    similarities: tuple[str, ...] = field(
        default=("cosine",), metadata={"option": "--similarity", "comma": True, "panel": MEASURING}
    )
    aggregate: Aggregate = field(default="mean", metadata=QUERIES)
    alphas: tuple[float, ...] | None = field(default=None, metadata={"option": "--alpha", "comma": True, **QUERIES})
    subsets: tuple[str, ...] = field(default=(ALL,), metadata={"comma": True, **QUERIES})
    num_queries: int | None = field(default=None, metadata=QUERIES)
    folds: int = field(default=5, metadata=QUERIES)
    seed: int = field(default=0, metadata=QUERIES)
    cluster: str | Path | None = field(default=None, metadata={"metavar": "question|none|FILE", "panel": MEASURING})
    groups: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict, metadata={"option": "--group", "metavar": "NAME=LANG,LANG", "panel": MEASURING}
    )

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
