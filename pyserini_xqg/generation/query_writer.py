"""Queries of one part of a corpus, generated language by language, in steps that survive a stop."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.collection.queries import PassageQueries
from pyserini_xqg.encoding.encoder import no_progress
from pyserini_xqg.generation.backends.base import Generator, Progress, derived_seed
from pyserini_xqg.generation.cleaning import Cleaner
from pyserini_xqg.storage.parts import FileParts

Texts = list[list[str]]  # of each passage


@dataclass
class GenerationCounts:
    """What came of a part, or of all.

    Attributes
    ----------
    queries : Counter
        Queries by language.
    dropped : dict of Counter
        Those that were not kept, by language and reason.
    short : Counter
        Passages with fewer queries than asked for, by language; empty passages are not among them.
    without : int
        Passages without any query.
    """

    queries: Counter[str] = field(default_factory=Counter)
    dropped: dict[str, Counter[str]] = field(default_factory=dict)
    short: Counter[str] = field(default_factory=Counter)
    without: int = 0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> GenerationCounts:
        """From their JSON."""
        dropped = {language: Counter(reasons) for language, reasons in values["dropped"].items()}
        return cls(Counter(values["queries"]), dropped, Counter(values["short"]), values["without"])

    def add(self, other: GenerationCounts) -> None:
        """Add those of another part."""
        self.queries.update(other.queries)  # += would leave out a language with none
        self.short += other.short
        self.without += other.without
        for language, reasons in other.dropped.items():
            self.dropped.setdefault(language, Counter()).update(reasons)


class QueryWriter:
    """Writes the queries of parts.

    Parameters
    ----------
    folder : Path
        Of the queries, ``part-000000.jsonl`` and so on; each language of a part is kept there as soon as it is done,
        until the part is.
    total : int
        How many parts there are.
    generator : Generator
    cleaner : Cleaner
    seed, tries : int
        See :class:`pyserini_xqg.generation.XqgQueryBuilder`.
    asked : mapping of str to int
        How many queries of each language a passage is to have.
    shared : bool
        See :class:`pyserini_xqg.storage.parts.FileParts`.

    Attributes
    ----------
    parts : FileParts
        Which parts are done.
    """

    def __init__(
        self,
        folder: Path,
        total: int,
        generator: Generator,
        cleaner: Cleaner,
        seed: int,
        tries: int,
        asked: Mapping[str, int],
        shared: bool = False,
    ):
        self.parts = FileParts(folder, "part", total, shared=shared)
        self._languages = {language: FileParts(folder, language, total, ".json", shared) for language in asked}
        self._generator = generator
        self._cleaner = cleaner
        self._seed = seed
        self._tries = tries
        self._asked = asked

    def write(
        self,
        number: int,
        passages: Sequence[Passage],
        had: Sequence[PassageQueries] | None,
        had_asked: Mapping[str, int],
        progress: Callable[[int], object],
    ) -> None:
        """Write a part's queries, one record a passage, and mark it with what came of them.

        Parameters
        ----------
        number : int
            Of the part.
        passages : sequence of Passage
        had : sequence of PassageQueries or None
            What an earlier run wrote for the same passages.
        had_asked : mapping of str to int
            How many queries that run asked for, by language.
        progress : callable
            Is told of queries as they are generated.
        """
        texts: dict[str, Texts] = {}
        counts = GenerationCounts()
        scratch: list[FileParts] = []
        for language, n in self._asked.items():
            earlier = [list(record.queries.get(language, ())) for record in had] if had else [[] for _ in passages]
            if had_asked.get(language, 0) < n:
                own = self._languages[language]
                scratch.append(own)
                if own.is_done(number):
                    text = own.file(number).read_text(encoding="utf-8")
                else:
                    done = self._generate(number, passages, language, n, earlier, had_asked.get(language, 0), progress)
                    own.write(number, text := json.dumps(done, ensure_ascii=False))
                kept, dropped = json.loads(text)
                counts.dropped[language] = Counter(dropped)
            else:
                kept = earlier
            texts[language] = kept
            counts.queries[language] = sum(map(len, kept))
            counts.short[language] = sum(map(len, (rows for _, rows in _by_missing(passages, kept, n))))
        records = [
            {language: texts[language][row] for language in texts if texts[language][row]}
            for row in range(len(passages))
        ]
        counts.without = sum(not record for record in records)
        lines = (
            json.dumps({"id": passage.id, "queries": record}, ensure_ascii=False) + "\n"
            for passage, record in zip(passages, records, strict=True)
        )
        self.parts.write(number, "".join(lines), **vars(counts))
        for own in scratch:
            own.remove(number)

    def counts(self) -> GenerationCounts:
        """What came of all parts, once they are done."""
        total = GenerationCounts()
        for values in self.parts.counts():
            total.add(GenerationCounts.of(values))
        return total

    def _generate(
        self,
        number: int,
        passages: Sequence[Passage],
        language: str,
        n: int,
        earlier: Texts,
        first: int,
        progress: Progress,
    ) -> tuple[Texts, Counter[str]]:
        """The queries of every passage in a language, `earlier` ones before new ones, and what was dropped."""
        generator = self._generator
        kept = [list(queries) for queries in earlier] if generator.samples else [[] for _ in passages]
        dropped: Counter[str] = Counter()
        for attempt in range(self._tries):
            seed = derived_seed(self._seed, number, language, first, attempt)
            for missing, rows in _by_missing(passages, kept, n):
                asked = [passages[row] for row in rows]
                report = partial(_report, progress, missing) if attempt == 0 else no_progress
                written = generator.generate(asked, language, missing, seed, report)
                for row, texts in zip(rows, written, strict=True):
                    queries, reasons = self._cleaner.clean(texts, language, passages[row], kept[row])
                    kept[row] += queries[:missing]
                    dropped += reasons
        return kept, dropped


def _by_missing(passages: Sequence[Passage], kept: Texts, n: int) -> list[tuple[int, list[int]]]:
    """The rows that lack queries, by how many they lack; an empty passage lacks none."""
    groups: dict[int, list[int]] = {}
    for row, (passage, queries) in enumerate(zip(passages, kept, strict=True)):
        if len(queries) < n and not passage.is_empty:
            groups.setdefault(n - len(queries), []).append(row)
    return sorted(groups.items())


def _report(progress: Progress, queries: int, passages: int) -> None:
    progress(queries * passages)
