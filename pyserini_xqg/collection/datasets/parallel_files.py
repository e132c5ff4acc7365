"""Files of parallel text: XNLI's, or plain text line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pyserini_xqg.collection.datasets.line_aligned import read_line_aligned
from pyserini_xqg.collection.datasets.parallel import ParallelText
from pyserini_xqg.collection.datasets.xnli import read_xnli
from pyserini_xqg.errors import UsageError

TEXT = {"panel": "Parallel text"}


@dataclass(frozen=True, kw_only=True)
class ParallelFiles:
    """Where parallel text is.

    Parameters
    ----------
    xnli : Path or None
        XNLI: its 15-way file, its xnli.dev.tsv, or a folder of dev-LANG.tsv.
    part : {"premise", "hypothesis"}
        Which of XNLI's sentences.
    split : str or None
        Which files of a folder that has several kinds: dev, test.
    english : sequence of str
        English sentences, one a line; repeated where each language has its own.
    text : sequence of (str, Path)
        The same sentences in another language; repeated.
    languages : tuple of str
        Only these languages: codes, repeated or separated by commas; None: all.

    Raises
    ------
    UsageError
        Neither XNLI nor two sides of plain text, or both.
    """

    xnli: Path | None = field(default=None, metadata=TEXT)
    part: Literal["premise", "hypothesis"] = field(default="premise", metadata=TEXT)
    split: str | None = field(default=None, metadata=TEXT)
    english: Sequence[str] = field(default=(), metadata={"metavar": "[LANG=]FILE", **TEXT})
    text: Sequence[tuple[str, Path]] = field(default=(), metadata={"metavar": "LANG=FILE", **TEXT})
    languages: tuple[str, ...] = field(default=(), metadata={"option": "--language", "comma": True, **TEXT})

    def __post_init__(self) -> None:
        if bool(self.xnli) == bool(self.text) or bool(self.english) != bool(self.text):
            raise UsageError("parallel text is one of --xnli, and --english with --text: give the one or the other")

    def read(self) -> ParallelText:
        """The text.

        Raises
        ------
        UsageError
            A language has English sentences twice.
        XqgError
            See :func:`~pyserini_xqg.collection.datasets.xnli.read_xnli` and
            :func:`~pyserini_xqg.collection.datasets.line_aligned.read_line_aligned`.
        """
        if self.xnli is not None:
            found = read_xnli(self.xnli, self.part, self.split)
        else:
            of_language: dict[str | None, Path] = {}
            for value in self.english:
                name, sign, file = value.partition("=")
                key, path = (name.strip(), Path(file)) if sign else (None, Path(value))
                if key in of_language:
                    raise UsageError(f"--english {value}: there is one already" + (f" of {key}" if key else ""))
                of_language[key] = path
            found = read_line_aligned(of_language, list(self.text))
        return found.only(self.languages) if self.languages else found
