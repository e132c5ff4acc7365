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
        What is searched: the small collection of this package, or files in SQuAD's format (--path).
    path : Path or None
        Folder with files such as xquad.en.json and xquad.ar.json.
    output : Path or None
        Folder for all files; None: indexes/demo, or indexes/demo-xquad.
    generator : {"lexicon"} or None
        Write the queries now, instead of taking the collection's.
    dictionaries : Path or None
        Folder of the lexicon's dictionaries; None: /usr/share/dictd.
    encoder : str or None
        Model instead of the multilingual-e5-small that the extra demo brings.
    alpha : float
        Weight of the mean of a passage's queries in the question's language.

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
        named = ["demo", *([self.collection] if self.collection != "bundled" else []), *filter(None, [self.generator])]
        return self.output or Path("indexes") / "-".join(named)
