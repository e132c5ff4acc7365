"""Settings of the demonstration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pyserini_xqg.errors import UsageError


@dataclass(frozen=True)
class DemoSettings:
    """What is indexed and searched, and with what.

    Parameters
    ----------
    collection : {"bundled", "xquad"}
        The small one of this package, or a folder of SQuAD-format files.
    path : Path or None
        The folder, with files such as xquad.en.json and xquad.ar.json.
    output : Path or None
        Where all files go; None: indexes/demo-COLLECTION.
    generator : {"lexicon"} or None
        Write the queries now, instead of taking the collection's.
    dictionaries : Path or None
        Where the lexicon's dictionaries are; None: /usr/share/dictd.
    encoder : str or None
        Another encoder than the multilingual-e5-small of the extra demo.
    alpha : float
        Weight of the mean of a passage's queries.

    Raises
    ------
    UsageError
        Settings that contradict each other.
    """

    collection: Literal["bundled", "xquad"] = "bundled"
    path: Path | None = None
    output: Path | None = None
    generator: Literal["lexicon"] | None = None
    dictionaries: Path | None = None
    encoder: str | None = None
    alpha: float = 0.3

    def __post_init__(self) -> None:
        if self.dictionaries is not None and self.generator is None:
            raise UsageError("--dictionaries goes with --generator lexicon, which is not given")
        if (self.collection == "xquad") != (self.path is not None):
            raise UsageError(
                "--collection xquad and --path go together: a folder with files such as xquad.en.json and xquad.ar.json"
            )

    @property
    def folder(self) -> Path:
        """Where all files go."""
        name = f"demo-{self.collection}" + (f"-{self.generator}" if self.generator else "")
        return self.output or Path("indexes") / name
