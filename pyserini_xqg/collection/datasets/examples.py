"""Training examples: a question, passages that answer it and passages that do not.

On disk an example is a line of Tevatron's format with three more keys, which Tevatron passes over::

    {"query_id": "q1", "query": "Missä Niger alkaa?",
     "positive_passages": [{"docid": "d1", "title": "Niger River", "text": "The Niger River rises in ..."}],
     "negative_passages": [{"docid": "d2", "title": "Congo River", "text": "The Congo River drains ..."}],
     "language": "fi", "answers": ["Guinea"], "english": "Where does the Niger begin?"}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.passages import Passage

# ISO 639's code of a language that is not known.
UNKNOWN_LANGUAGE = "und"


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """A question with its passages.

    Parameters
    ----------
    id : str
    question : str
    language : str
        Of the question, as a code; ``und`` where the data do not say.
    positives, negatives : tuple of Passage
    answers : tuple of str
        In the passages' language.
    english : str or None
        The same question in English, where the data have it.
    data_set : str
        Where it was read: a folder. An id stands for one question within a data set and a language.
    """

    id: str
    question: str
    language: str = UNKNOWN_LANGUAGE
    positives: tuple[Passage, ...] = ()
    negatives: tuple[Passage, ...] = ()
    answers: tuple[str, ...] = ()
    english: str | None = None
    data_set: str = field(default="", compare=False)

    def as_json(self) -> dict[str, Any]:
        """The line of the file."""
        value: dict[str, Any] = {
            "query_id": self.id,
            "query": self.question,
            "positive_passages": [_passage_as_json(passage) for passage in self.positives],
            "negative_passages": [_passage_as_json(passage) for passage in self.negatives],
            "language": self.language,
            "answers": list(self.answers),
        }
        return value if self.english is None else value | {"english": self.english}


def write_examples(examples: Iterable[TrainingExample], file: str | Path) -> None:
    """Write examples, one a line."""
    with Path(file).open("w", encoding="utf-8", newline="\n") as handle:
        handle.writelines(json.dumps(example.as_json(), ensure_ascii=False) + "\n" for example in examples)


def fingerprint_examples(examples: Iterable[TrainingExample]) -> str:
    """SHA-256 of the examples, whatever format they were read from."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(example.as_json(), ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()


def content_id(*texts: str) -> str:
    """An id that says no more than what it is the id of."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _passage_as_json(passage: Passage) -> dict[str, str]:
    return {"docid": passage.id, "title": passage.title, "text": passage.text}
