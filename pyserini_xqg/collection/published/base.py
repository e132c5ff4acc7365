"""What a published data set is: where its files are, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.retrieval_set import Question, RetrievalSet
from pyserini_xqg.collection.passages import Passage


@dataclass(frozen=True)
class Source:
    """A file that its publisher offers.

    Parameters
    ----------
    url : str
        ``https://ADDRESS``; of a file in an archive ``https://ADDRESS#PATH``; of a file of the Hugging Face hub
        ``hf://datasets/OWNER/NAME@REVISION/PATH``. It names a commit wherever there are some.
    also : tuple of str
        Patterns of the names of files that stand for it on disks.
    """

    url: str
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the file."""
        return PurePosixPath(self.url).name


@dataclass(frozen=True)
class Asked:
    """What is wanted of a data set.

    Parameters
    ----------
    split : str
    languages : tuple of str
        Codes.
    parts : tuple of str
        Beside the questions.
    """

    split: str
    languages: tuple[str, ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contents:
    """What a data set holds; all but `examples` is small enough for memory.

    Parameters
    ----------
    questions : mapping
        Language to questions. An id is of one question, in all languages.
    passages : sequence of Passage
        None where the data set has no corpus, or a large one.
    relevant : mapping
        Question id to passage id to relevance; none where answers alone judge.
    kept : sequence of Path
        Files that are of use as they are.
    examples : iterable of TrainingExample
    counts : mapping
        What else there is to count.
    """

    questions: Mapping[str, Sequence[Question]]
    passages: Sequence[Passage] = ()
    relevant: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    kept: Sequence[Path] = ()
    examples: Iterable[TrainingExample] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, data: RetrievalSet, asked: Asked, kept: Sequence[Path] = ()) -> Contents:
        """A retrieval set, in the languages that are wanted."""
        questions = {code: data.questions[code] for code in asked.languages if code in data.questions}
        relevant = {one.id: {one.passage_id: 1} for each in questions.values() for one in each}
        return cls(questions, data.passages, relevant, kept)


@dataclass(frozen=True)
class LargePart:
    """A part that is read and written line by line.

    Parameters
    ----------
    folder : str
        Where it goes, a file for each source.
    sources : tuple of Source
    convert : callable
        The lines to write, from the lines of a source and its name.
    gigabytes : int
        How much is read.
    """

    folder: str
    sources: tuple[Source, ...]
    convert: Callable[[Iterator[bytes], str], Iterator[str]]
    gigabytes: int


@dataclass(frozen=True)
class PublishedDataSet:
    """A data set.

    Parameters
    ----------
    title, licence, home : str
        Its name, its licence, and where it is described.
    handled, checked : str
        What is odd about it and what is done about that; what of it this package was run on. For the documentation.
    splits : mapping
        Name to the codes of its questions' languages. The first is taken unless another one is asked for.
    sources : callable
        The files that `read` needs.
    read : callable
        The contents, from a folder with these files.
    expected : mapping
        Split to the counts of the published files, as they are written into the manifest.
    large : mapping
        Name to a part that is only made when it is asked for.
    parts : tuple of str
        Names of parts that are only made when they are asked for, and that `read` reads.
    """

    title: str
    licence: str
    home: str
    handled: str
    checked: str
    splits: Mapping[str, tuple[str, ...]]
    sources: Callable[[Asked], Sequence[Source]]
    read: Callable[[Path, Asked], Contents]
    expected: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    large: Mapping[str, LargePart] = field(default_factory=dict)
    parts: tuple[str, ...] = ()

    @property
    def optional(self) -> tuple[str, ...]:
        """All parts that are only made when they are asked for."""
        return (*self.parts, *self.large)


def with_language(language: str, questions: Sequence[Question]) -> list[Question]:
    """Questions with their language before the id, for ids that are the same in several languages."""
    return [replace(each, id=f"{language}-{each.id}") for each in questions]
