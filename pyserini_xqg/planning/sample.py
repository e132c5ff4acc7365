"""Sample of a collection: texts to measure speed with, and how long passages, ids and queries are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from pathlib import Path

from pyserini_xqg.collection.corpus import sample_passages
from pyserini_xqg.collection.passages import Passage, passage_text
from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import read_records

PASSAGES, RECORDS = 64, 1000
# Of a collection in general, not of the demo's, whose ids are words.
ID_BYTES = 8


@dataclass(frozen=True)
class Sample:
    """What is known of a collection.

    Attributes
    ----------
    corpus : Path
        Where its passages are.
    passages : tuple of Passage
    queries : mapping of str to tuple of str
        By language.
    is_own : bool
        Whether the passages are the user's, and not the bundled collection's.
    """

    corpus: Path
    passages: tuple[Passage, ...]
    queries: Mapping[str, tuple[str, ...]]
    is_own: bool

    @classmethod
    def read(cls, corpus: Path | None, queries: Path | None) -> Sample:
        """A sample of files, or of the bundled collection where there is none.

        Raises
        ------
        MissingInput, InvalidInput
            A file is not there, or wrong, or empty.
        """
        bundled = Path(str(files("pyserini_xqg.demo") / "collection"))
        place, asked = corpus or bundled / "passages.jsonl", queries or bundled / "queries.jsonl"
        passages = sample_passages(place, PASSAGES)
        if not passages:
            raise InvalidInput(f"{place}: no passage with a text; at least one is expected")
        texts: dict[str, list[str]] = {}
        for record in islice(read_records(asked), RECORDS):
            for language, own in parse_queries(record).queries.items():
                texts.setdefault(language, []).extend(own)
        found = {language: tuple(own) for language, own in texts.items() if own}
        if not found:
            raise InvalidInput(f"{asked}: no queries; some are expected, to see how long they are")
        return cls(place, tuple(passages), found, corpus is not None)

    @property
    def id_bytes(self) -> float:
        """The mean length of an id in UTF-8."""
        return _mean([len(each.id.encode()) for each in self.passages]) if self.is_own else ID_BYTES

    @property
    def passage_bytes(self) -> float:
        """The mean length of a line of the corpus."""
        lines = ({"title": each.title, "text": each.text} for each in self.passages)
        return _mean([len(json.dumps(line, ensure_ascii=False).encode()) for line in lines]) + self.id_bytes + 9

    def query_bytes(self, language: str) -> float:
        """The mean length of a query of a language in JSON, with its quotes; where there is none, of all languages."""
        of = [self.queries[language]] if language in self.queries else [*self.queries.values()]
        return _mean([len(json.dumps(text, ensure_ascii=False).encode()) for texts in of for text in texts])

    def passage_texts(self) -> list[str]:
        """The passages as an encoder reads them."""
        return [passage_text(each.title, each.text) for each in self.passages]


def _mean(numbers: list[int]) -> float:
    return sum(numbers) / len(numbers)
