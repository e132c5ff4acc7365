"""Generated queries of the positives, as questions of a training."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pyserini_xqg.collection.datasets.examples import TrainingExample, content_id
from pyserini_xqg.collection.passages import Passage, parse_passage, passage_key
from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.jsonl import jsonl_files, read_records
from pyserini_xqg.training.data.batches import EpochRow, EpochRows, Place

QueriesByLanguage = Mapping[str, tuple[str, ...]]

log = logging.getLogger("pyserini_xqg")


class AddedRows(EpochRows):
    """Examples by (epoch, number), and beside them questions that were generated for their positives.

    Every epoch asks all questions of people, and so many generated ones that these are `share` of all, each for the
    positive of another example; where too few examples have any, one for each that has. Which examples, queries and
    languages these are is drawn anew for each epoch; each language that a passage has queries in has the same chance.

    Parameters
    ----------
    examples, negatives, seed
        See :class:`EpochRows`.
    generated : mapping
        What :func:`~pyserini_xqg.collection.passages.passage_key` makes of a positive, to its queries; only those that
        have some.
    share : float
        Of the questions of an epoch, from 0 to 0.5.
    """

    def __init__(
        self,
        examples: Sequence[TrainingExample],
        negatives: int,
        seed: int,
        generated: Mapping[str, QueriesByLanguage],
        share: float,
    ):
        able = []
        for example in examples:
            positives = tuple(passage for passage in example.positives if passage_key(passage) in generated)
            if positives:
                able.append(replace(example, positives=positives))
        super().__init__([*examples, *able], negatives, seed)
        self._generated = generated
        self._own = len(examples)
        wanted = round(self._own * share / (1 - share))
        self._added = min(len(able), wanted)
        if self._added < wanted:
            log.warning(
                "%s of an epoch's questions are generated and not %g of them, because only %s of %s questions have a "
                "positive with generated queries",
                f"{self._added:,}",
                share,
                f"{len(able):,}",
                f"{self._own:,}",
            )
        self.added_content = content_id(json.dumps([share, generated], sort_keys=True))
        languages: Counter[str] = Counter()
        for queries in generated.values():
            languages.update({language: len(texts) for language, texts in queries.items()})
        self.added_counts = {
            "questions an epoch": self._added,
            "positives with some": len(generated),
            "queries": {language: languages[language] for language in sorted(languages)},
        }

    def __len__(self) -> int:
        return self._own + self._added

    def order(self, epoch: int) -> list[Place]:
        """All questions of people and some generated ones, as the epoch goes through them."""
        able = range(self._own, len(self.examples))
        numbers = [*range(self._own), *self._random("added", Place(epoch, 0)).sample(able, self._added)]
        self._random("order", Place(epoch, 0)).shuffle(numbers)
        return [Place(epoch, number) for number in numbers]

    def __getitem__(self, place: Place) -> EpochRow:
        """The row of (epoch, number)."""
        row = super().__getitem__(place)
        if place.number < self._own:
            return row
        queries, random = self._generated[passage_key(row.passages[0])], self._random("generated", place)
        language = random.choice(sorted(queries))
        asked = replace(row.example, question=random.choice(queries[language]), language=language, english=None)
        return replace(row, example=asked)


def queries_of_positives(
    examples: Sequence[TrainingExample], queries: Sequence[str | Path], corpus: str | Path | None
) -> dict[str, QueriesByLanguage]:
    """The generated queries of all positives that have some, as :class:`AddedRows` takes them.

    Parameters
    ----------
    examples : sequence of TrainingExample
    queries, corpus
        See :func:`generated_queries`.

    Raises
    ------
    InvalidInput
        See :func:`generated_queries`.
    """
    positives = {passage_key(passage): passage for example in examples for passage in example.positives}
    found = generated_queries(list(positives.values()), queries, corpus, "--generated-corpus")
    return {key: of_passage for key, of_passage in zip(positives, found, strict=True) if of_passage}


def generated_queries(
    positives: Sequence[Passage],
    queries: Sequence[str | Path],
    corpus: str | Path | None = None,
    corpus_option: str = "--queries-corpus",
) -> list[QueriesByLanguage]:
    """The generated queries of each passage, by language; none where none were generated.

    Parameters
    ----------
    positives : sequence of Passage
    queries : sequence of str
        Files or folders of ``xqg generate``.
    corpus : str or None
        The passages that they were generated for: passages are found by their text. None: by their id.
    corpus_option : str
        What gives it on the command line.

    Raises
    ------
    InvalidInput
        None of the passages has any, though there are queries; or a record is no such record.
    """
    if not queries:
        return [{} for _ in positives]
    keys: dict[str, list[str]] = {}
    if corpus is None:
        keys = {passage.id: [passage.id] for passage in positives}
    else:
        wanted = {passage_key(passage) for passage in positives}
        for file in jsonl_files(Path(corpus)):
            for passage in map(parse_passage, read_records(file)):
                if passage_key(passage) in wanted:
                    keys.setdefault(passage.id, []).append(passage_key(passage))
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in (file for path in queries for file in jsonl_files(Path(path))):
        for record in map(parse_queries, read_records(file)):
            for key in keys.get(record.id, ()):
                known = found.setdefault(key, {})
                for language, texts in record.queries.items():
                    if texts:
                        known[language] = tuple(dict.fromkeys((*known.get(language, ()), *texts)))
    if not found:
        how = f"text in {corpus}" if corpus else f"id (theirs: {positives[0].id}, ...)"
        raise InvalidInput(
            f"{', '.join(map(str, queries))}: none of the {len(positives):,} positives is found by its {how}. "
            f"Expected: queries of xqg generate for these passages; where the ids are others, give {corpus_option} too"
        )
    return [found.get(passage.id if corpus is None else passage_key(passage), {}) for passage in positives]
