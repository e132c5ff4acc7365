"""Settings of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyserini_xqg.collection.languages import language_code
from pyserini_xqg.errors import UsageError


@dataclass(frozen=True)
class PlanSettings:
    """The job.

    Parameters
    ----------
    passages : int
        Passages of the corpus.
    languages : tuple of str
        Languages: codes or names, repeated or separated by commas.
    machines : int
        Processes that share the work, each on a device of its own; hours are divided by their number.
    dimension : int or None
        Dimensions of the vectors; None: as --encoder makes them.
    generated_per_second : float or None
        Queries that one process writes a second; None: as --generator does here.
    queries_per_second : float or None
        Queries that one process encodes a second; None: as --encoder does here.
    passages_per_second : float or None
        Passages that one process encodes a second; None: as --encoder does here.
    """

    passages: int
    languages: tuple[str, ...] = field(metadata={"option": "--language", "comma": True})
    machines: int = 1
    dimension: int | None = None
    generated_per_second: float | None = None
    queries_per_second: float | None = None
    passages_per_second: float | None = None

    def __post_init__(self) -> None:
        for name in ("passages", "machines", "dimension"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise UsageError(f"{name} is {value}: at least 1 is expected")
        for name in ("generated_per_second", "queries_per_second", "passages_per_second"):
            if (speed := getattr(self, name)) is not None and not speed > 0:
                raise UsageError(f"{name} is {speed}: more than 0 is expected")
        codes = tuple(sorted({language_code(language) for language in self.languages}))
        object.__setattr__(self, "languages", codes)
