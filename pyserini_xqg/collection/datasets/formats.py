"""Formats of training data by name, and the reading of any of them, recognised by its content.

A format is a file of this folder and a line of :data:`FORMATS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pyserini_xqg.collection.datasets import afriqa, dpr, nq, squad, tevatron, xor_tydi
from pyserini_xqg.collection.datasets.base import ExampleFormat
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.datasets.records import first_object
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError

# As `--data-format` calls them. The first that fits is taken.
FORMATS: Mapping[str, ExampleFormat] = {
    "tevatron": tevatron.FORMAT,
    "dpr": dpr.FORMAT,
    "nq": nq.FORMAT,
    "xor-tydi": xor_tydi.FORMAT,
    "afriqa": afriqa.FORMAT,
    "squad": squad.FORMAT,
}


def read_examples(
    path: str | Path, format: str | None = None, *, split: str = "train", language: str = UNKNOWN_LANGUAGE
) -> list[TrainingExample]:
    """The examples of a file or folder.

    Parameters
    ----------
    path : str or Path
        Of a format of :data:`FORMATS`.
    format : str or None
        Which; None: recognised by the content.
    split : str
        The part of a folder that holds several (AfriQA).
    language : str
        Of questions that do not say theirs.

    Raises
    ------
    MissingInput
        `path` cannot be read.
    InvalidInput
        It is of no format that is known, or not what its format says.
    UsageError
        `format` is none.
    """
    if format is not None and format not in FORMATS:
        raise UsageError(f"format is {format!r}: one of {', '.join(FORMATS)} is expected")
    path = Path(path)
    chosen = FORMATS[format or detect_format(path)]
    folder = str((path if path.is_dir() else path.parent).resolve())
    return [replace(example, data_set=folder) for example in _sharing_passages(chosen.read(path, language, split))]


def detect_format(path: Path) -> str:
    """The format of a file or folder.

    Raises
    ------
    MissingInput
        It is not there.
    InvalidInput
        It is of none that is known.
    """
    if not path.exists():
        raise MissingInput(f"{path}: no such file or folder")
    if path.is_dir():
        names = [file.name.removesuffix(".gz") for file in path.iterdir()]
        for name, format in FORMATS.items():
            if format.files is not None and any(map(format.files.search, names)):
                return name
    first = first_object(path)
    for name, format in FORMATS.items():
        if format.fields and first.value.keys() >= {*format.fields}:
            return name
    *others, last = (format.expected for format in FORMATS.values())
    raise first.invalid(
        f"no format of training data is known with the fields {', '.join(first.value)}; expected: {', '.join(others)}, "
        f"or {last}"
    )


def _sharing_passages(examples: Iterable[TrainingExample]) -> Iterator[TrainingExample]:
    """The same examples, each passage once in memory."""
    known: dict[Passage, Passage] = {}
    for example in examples:
        yield replace(
            example,
            positives=tuple(known.setdefault(passage, passage) for passage in example.positives),
            negatives=tuple(known.setdefault(passage, passage) for passage in example.negatives),
        )


def require_positives(path: Path, examples: list[TrainingExample]) -> None:
    """Refuse data that have questions only.

    Raises
    ------
    InvalidInput
        No example has a passage that answers it.
    """
    if not any(example.positives for example in examples):
        raise InvalidInput(
            f"{path}: {len(examples):,} questions and no passage that answers one. A retriever learns from passages: "
            "xqg train mine searches a corpus for these questions and keeps the passages with an answer as positives; "
            "or take data that have them (AfriQA, a SQuAD-format folder, DPR's or Tevatron's files)"
        )
