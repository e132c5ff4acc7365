"""What a source of translations is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Translation:
    """An English word or phrase, and what it is in another language.

    Attributes
    ----------
    english : str
        In its own case.
    foreign : str
    position : int
        How far back among the meanings it stands; 0 for the first.
    frequency : int
        How common it is, the more the larger, among those of a source at the same position.
    """

    english: str
    foreign: str
    position: int
    frequency: int = 1


@dataclass(frozen=True)
class SourceKind:
    """A format that translations can be read from.

    Attributes
    ----------
    read : callable
        The translations in files, to the language of a code.
    origin : callable
        Who made the files, and under which licence, in the files' own words.
    files : tuple of str
        What the files are, for messages.
    languages : frozenset of str or None
        Codes of the languages that it has; None where that depends on the files.
    guesses : bool
        Whether many of its words are none of the language, so that a list of the language's words is to judge.
    names : bool
        Whether what it has are names, from which the spelling of others can be learned.
    """

    read: Callable[[Sequence[Path], str], Iterator[Translation]]
    origin: Callable[[Sequence[Path]], str]
    files: tuple[str, ...]
    languages: frozenset[str] | None = None
    guesses: bool = False
    names: bool = False
