"""The sources that a dictionary can be made of, by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.errors import UsageError
from pyserini_xqg.generation.dictionaries import (
    aligned,
    catalogs,
    cedict,
    cldr,
    edict,
    freedict,
    jamdict,
    readings,
    shobdo,
)
from pyserini_xqg.generation.dictionaries.base import SourceKind, Translation

KINDS: dict[str, SourceKind] = {
    "dict": freedict.FROM_ENGLISH,
    "inverted": freedict.INVERTED,
    "pivot": freedict.PIVOT,
    "aligned": aligned.KIND,
    "cldr": cldr.KIND,
    "gettext": catalogs.KIND,
    "cedict": cedict.KIND,
    "readings": readings.KIND,
    "edict": edict.KIND,
    "jamdict": jamdict.KIND,
    "shobdo": shobdo.KIND,
}


@dataclass(frozen=True)
class Source:
    """Files of a kind.

    Parameters
    ----------
    kind : str
        A name in :data:`KINDS`.
    files : tuple of Path

    Raises
    ------
    UsageError
        There is no such kind, or it has another number of files.
    """

    kind: str
    files: tuple[Path, ...]

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"there is no source {self.kind!r}; there are {', '.join(KINDS)}")
        expected = KINDS[self.kind].files
        if len(self.files) != len(expected):
            raise UsageError(
                f"source {self.kind} has {len(self.files)} files; {len(expected)} are expected: {', '.join(expected)}"
            )

    @classmethod
    def parse(cls, text: str) -> Source:
        """A source as the command line has it: ``cedict=FILE``, ``pivot=FILE,FILE``.

        Raises
        ------
        UsageError
            It is written in another way.
        """
        kind, sign, files = text.partition("=")
        if not sign or not files:
            raise UsageError(f"source {text!r}: KIND=FILE is expected, of the kinds {', '.join(KINDS)}")
        return cls(kind.strip(), tuple(Path(file.strip()) for file in files.split(",")))

    def check_language(self, code: str) -> None:
        """Refuse a language that the source does not have.

        Raises
        ------
        UsageError
            It has others.
        """
        languages = KINDS[self.kind].languages
        if languages is not None and code not in languages:
            raise UsageError(f"source {self.kind} is of {', '.join(sorted(languages))}, and the language is {code}")

    def read(self, language: str) -> Iterator[Translation]:
        """Its translations to a language, by code."""
        return KINDS[self.kind].read(self.files, language)

    def origin(self) -> str:
        """Who made it, and its licence."""
        return KINDS[self.kind].origin(self.files)
