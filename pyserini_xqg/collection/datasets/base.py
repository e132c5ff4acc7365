"""Interface of a published format of training data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pyserini_xqg.collection.datasets.examples import TrainingExample


class ExampleReader(Protocol):
    """Reads the examples of a file or folder."""

    def __call__(self, path: Path, language: str, split: str) -> Iterable[TrainingExample]:
        """The examples, one after the other.

        Parameters
        ----------
        path : Path
        language : str
            Of questions that do not say theirs, as a code.
        split : str
            The part of a folder that holds several: ``train``, ``dev`` or ``test``.

        Raises
        ------
        MissingInput, InvalidInput
            A file cannot be read, or is not of this format.
        """
        ...


@dataclass(frozen=True)
class ExampleFormat:
    """A format: how it is read, and by what it is recognised.

    Parameters
    ----------
    read : ExampleReader
    expected : str
        The format in a few words, for the message that says which formats are known.
    fields : tuple of str
        A file whose first JSON object has all of them is of this format.
    files : re.Pattern or None
        A folder with a file whose name it finds is of this format.
    """

    read: ExampleReader
    expected: str
    fields: tuple[str, ...] = ()
    files: re.Pattern[str] | None = None
