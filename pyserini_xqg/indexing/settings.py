"""Settings of an index: what queries add to its vectors, and the form of the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.sizes import bytes_of
from pyserini_xqg.storage.manifest import Manifest, holds_encoder, settings_from

Aggregate = Literal["sum", "mean"]

Control = Literal["shuffled", "mean"]

AGGREGATES: tuple[Aggregate, ...] = ("sum", "mean")

PAPERS_ALPHA = 0.01

# In manifests of indexes that have both.
UNIT_LENGTH_FIRST = "unit_length_before_hubness"

CONTROLS: tuple[Control, ...] = ("shuffled", "mean")


@dataclass(frozen=True)
class AugmentationSettings:
    """What is added to the passage vectors.

    Parameters
    ----------
    alpha : float
        Weight of the queries: 0 the plain index, 1 queries only; fi=0.2,ru=0.4 gives each language its own. The paper's
        is 0.01 over a sum of 35; for a mean with `normalize`, 0.3 is where to start. With `alphas` it is their mean.
    aggregate : {"sum", "mean"}
        Add a passage's query vectors up, or average them. The paper adds; averaged it is (1 - alpha) e(p) + alpha MEAN
        e(q), and a passage without queries keeps e(p). Either way vectors get different lengths, and an inner product
        favours long ones: of means those of passages without queries, and of passages whose queries agree. Queries for
        all passages and `normalize` avoid both.
    languages : tuple of str or None
        Use only queries in these languages: codes or names, repeated or separated by commas.
    num_queries : int or None
        Use only the first N queries of each language.
    normalize : bool
        Give the augmented vectors unit length. For encoders that give it, where all passages have queries: those
        without are hardly found beside the others. Not in the paper.
    reduce_hubness : float
        Share of the mean query direction to take out, 0 to 1. Of augmented vectors v, with the share b and the
        direction m, it leaves v - b <v, m> m; with `normalize`, of v at unit length.
    control : {"shuffled", "mean"} or None
        A control: queries of another passage, or the mean query vector. Instead of its own, a passage gets those of
        one with as many in each language, drawn at random (see :mod:`pyserini_xqg.indexing.exchange`), or the mean as
        often as it has queries; a gain that a control shows as well has nothing to do with the passage's own queries.
    control_seed : int
        Seed of the random numbers of the shuffled control.
    alphas : mapping
        The weight of each language's queries, by code or name, where they differ. Queries in other languages do not
        count. See :func:`pyserini_xqg.indexing.formula.augment_by_language`.
    """

    alpha: float = field(default=PAPERS_ALPHA, metadata={"pairs": "alphas"})
    aggregate: Aggregate = "sum"
    languages: tuple[str, ...] | None = field(default=None, metadata={"option": "--language", "comma": True})
    num_queries: int | None = None
    normalize: bool = False
    reduce_hubness: float = field(default=0.0, metadata={"metavar": "B"})
    control: Control | None = None
    control_seed: int = 0
    alphas: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for language, weight in self.alphas.items():
            if not 0 <= weight <= 1:
                raise UsageError(f"alpha of {language} is {weight}: a number from 0 to 1 is expected")
        for name in ("alpha", "reduce_hubness"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}: a number from 0 to 1 is expected")
        if self.aggregate not in AGGREGATES:
            raise UsageError(f"aggregate is {self.aggregate!r}: one of {', '.join(AGGREGATES)} is expected")
        if self.control not in (None, *CONTROLS):
            raise UsageError(f"control is {self.control!r}: one of {', '.join(CONTROLS)} is expected")
        if not 0 <= self.control_seed < 2**32:
            raise UsageError(f"control_seed is {self.control_seed}: a number from 0 to {2**32 - 1} is expected")
        if self.num_queries is not None and self.num_queries < 1:
            raise UsageError(
                f"num_queries is {self.num_queries}: at least 1 is expected (alpha 0 makes the plain index)"
            )
        if self.languages is not None:
            codes = tuple(sorted({language_code(language) for language in self.languages}))
            object.__setattr__(self, "languages", codes)
        if self.alphas:
            self._set_alphas()

    def _set_alphas(self) -> None:
        alphas = dict(sorted((language_code(language), weight) for language, weight in self.alphas.items()))
        if len(alphas) < len(self.alphas):
            raise UsageError(f"alpha {said_alpha(self.alphas)}: each language is expected once")
        if self.languages is not None and self.languages != tuple(alphas):
            raise UsageError(
                f"alpha {said_alpha(alphas)}: the weights of {', '.join(self.languages)} are expected, the languages "
                "that count"
            )
        mean = sum(alphas.values()) / len(alphas)
        if self.alpha not in (PAPERS_ALPHA, mean):
            raise UsageError(f"alpha is {self.alpha} and {said_alpha(alphas)}: one of the two is expected")
        for name, value in (("alphas", alphas), ("languages", tuple(alphas)), ("alpha", mean)):
            object.__setattr__(self, name, value)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> AugmentationSettings:
        """Settings from a manifest."""
        return settings_from(cls, values, but=(UNIT_LENGTH_FIRST,))

    def to_dict(self) -> dict[str, Any]:
        """Settings for a manifest.

        What came later is named only where it is used: other artifacts of before stay the same, and those that were
        made otherwise (shuffled controls with the queries from half a corpus away; hubness reduced before vectors got
        unit length) are other ones.
        """
        values = asdict(self)
        if self.control != "shuffled":
            del values["control_seed"]
        if not self.alphas:
            del values["alphas"]
        return values | {UNIT_LENGTH_FIRST: True} if self.normalize and self.reduce_hubness else values


def said_alpha(alphas: Mapping[str, float]) -> str:
    """Weights of languages as the command line takes them: ``fi=0.2,ru=0.4``."""
    return ",".join(f"{language}={weight:g}" for language, weight in alphas.items())


def read_augmentation(name: str | Path) -> AugmentationSettings:
    """The augmentation that the manifest of an encoder or index folder of ours names; the defaults for a bare model.

    Raises
    ------
    InvalidInput
        The manifest is damaged.
    """
    if not holds_encoder(name):
        return AugmentationSettings()
    return AugmentationSettings.from_dict(Manifest.read(name).settings.get("augmentation", {}))


@dataclass(frozen=True)
class IndexSettings:
    """The form of the index.

    Parameters
    ----------
    factory : str
        faiss factory string: Flat, HNSW32, SQfp16, IVF1024,PQ48, ... auto: what fits into `max_memory`.
    nprobe : int or None
        Lists that an IVF index looks into for a question; None: a sixteenth, or what auto finds to do.
    threads : int or None
        Threads that build the index; None: 1 for graphs, else all. The edges of graphs depend on chance with several.
    keep_vectors : bool
        Keep passage vectors, and query sums by language, for xqg sweep. They are in ``vectors/``.
    keep_first : tuple of int
        Keep also the sums of the first N queries, so that xqg sweep can try these numbers. Of each language. Each N
        takes as much disk as the sums of all; `keep_vectors` follows from it.
    ef_search : int or None
        Nodes that an HNSW index keeps in view while it searches; None: 100.
    max_memory : str or None
        Memory that the process may take while it makes the index of the vectors: 15G, 500M. What does not fit ends
        before anything is encoded; the lists of an IVF index are put on disk, in ``ivfdata``.
    """

    factory: str = "Flat"
    nprobe: int | None = None
    threads: int | None = None
    keep_vectors: bool = False
    keep_first: tuple[int, ...] = field(default=(), metadata={"comma": True, "metavar": "N,N,..."})
    ef_search: int | None = None
    max_memory: str | None = field(default=None, metadata={"metavar": "SIZE"})

    def __post_init__(self) -> None:
        if any(number < 1 for number in self.keep_first):
            raise UsageError(f"keep_first is {self.keep_first}: numbers of queries, at least 1, are expected")
        object.__setattr__(self, "keep_first", tuple(sorted(set(self.keep_first))))
        object.__setattr__(self, "keep_vectors", self.keep_vectors or bool(self.keep_first))
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"threads is {self.threads}: at least 1 is expected")
        if self.max_memory is not None:
            bytes_of("max_memory", self.max_memory)
        if self.factory == "auto" and self.max_memory is None:
            raise UsageError("auto chooses the form of the index by memory: give max_memory, such as 15G")

    def to_dict(self) -> dict[str, Any]:
        """Settings for a manifest. What came later is named only where it is used: earlier indexes stay the same."""
        values = asdict(self)
        for name in ("keep_first", "ef_search", "max_memory"):
            if not values[name]:
                del values[name]
        return values


@dataclass(frozen=True)
class BuildSettings:
    """How an index is built; what decides on it least.

    Parameters
    ----------
    hubness_topics : Path or None
        Topics file to take the mean query direction from, instead of the generated queries. For
        :attr:`AugmentationSettings.reduce_hubness`.
    device : str or None
        Where the model runs: cpu, cuda, cuda:1, mps; None: the best there is.
    part_size : int
        Save after so many passages; a stopped run goes on from there.
    verify : bool
        Read all input again when a stopped run goes on. Else files count as unchanged that have the size, the time
        stamp and a sample of the bytes of before.
    mixed_devices : bool
        Go on with what was begun on another kind of device. Vectors of two kinds differ in their last bits.
    """

    hubness_topics: Path | None = field(default=None, metadata={"panel": "Augmentation"})
    device: str | None = None
    part_size: int = 1024
    verify: bool = False
    mixed_devices: bool = False
