"""Training data from any published format, recognised by its content."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pyserini_xqg.collection.datasets.afriqa import FILE_NAME as AFRIQA_NAME
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample, read_tevatron
from pyserini_xqg.collection.datasets.readers import READERS, first_record, is_array, read_afriqa
from pyserini_xqg.collection.datasets.squad import LANGUAGE_IN_NAME
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from pyserini_xqg.storage.jsonl import jsonl_files, open_binary

FORMATS = ("tevatron", *READERS, "afriqa")


def read_examples(
    path: Path, format: str | None = None, *, split: str = "train", language: str = UNKNOWN_LANGUAGE
) -> list[TrainingExample]:
    """The examples of a file or folder.

    Parameters
    ----------
    path : Path
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
    found = format or detect_format(path)
    if found == "tevatron":
        examples: Iterable[TrainingExample] = read_tevatron(path, language)
    elif found == "afriqa":
        examples = read_afriqa(path, split)
    else:
        examples = READERS[found](path, language)
    return list(_sharing_passages(examples))


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
        names = [file.name for file in path.iterdir()]
        if any(AFRIQA_NAME.search(name) for name in names):
            return "afriqa"
        if any(LANGUAGE_IN_NAME.search(name) for name in names):
            return "squad"
    file = jsonl_files(path)[0]
    if not is_array(file) and _is_squad(file):
        return "squad"
    record = first_record(path)
    keys = record.value.keys()
    for format, needed in (
        ("tevatron", {"query", "positive_passages"}),
        ("dpr", {"question", "positive_ctxs"}),
        ("nq", {"question", "ctxs"}),
        ("xor-tydi", {"question", "lang"}),
    ):
        if needed <= keys:
            return format
    if "question_lang" in keys:
        raise record.invalid("a file of AfriQA: give its folder, and the split is chosen in it")
    raise record.invalid(
        f"no format of training data is known with the fields {', '.join(keys)}; expected: Tevatron's (query, "
        "positive_passages), DPR's (question, positive_ctxs), questions with ctxs, XOR-TyDi's (question, lang), "
        "SQuAD's (data), or a folder of AfriQA"
    )


def _is_squad(file: Path) -> bool:
    """Whether a file is one JSON object with articles; its line can be the whole file, or the object many lines."""
    with open_binary(file) as handle:
        first = handle.readline().removeprefix(b"\xef\xbb\xbf")
        try:
            value = json.loads(first)
        except ValueError:
            try:
                value = json.loads((first + handle.read()).decode("utf-8-sig"))
            except ValueError:
                return False
    return isinstance(value, dict) and isinstance(value.get("data"), list)


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
