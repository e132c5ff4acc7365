"""Files of a mining step, a line for each question, and the counts of the last step."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.storage.parts import FileParts
from pyserini_xqg.training.mining.labelling import Labelled


class QuestionParts:
    """The lines of one step in parts of so many questions."""

    def __init__(self, folder: Path, name: str, examples: Sequence[TrainingExample], size: int):
        self._examples, self._size = examples, size
        self._parts = FileParts(folder, name, -(-len(examples) // size))

    @property
    def missing(self) -> list[tuple[int, int, Sequence[TrainingExample]]]:
        """Number, first question and questions of the parts that are not done."""
        starts = [(number, number * self._size) for number in self._parts.missing()]
        return [(number, start, self._examples[start : start + self._size]) for number, start in starts]

    def write(self, number: int, lines: Iterable[Mapping[str, Any]]) -> None:
        """Write a part, a line for each question."""
        self._parts.write(number, "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines))

    def read(self) -> Iterator[dict[str, Any]]:
        """The lines of all parts."""
        return iter(self.some(0, len(self._examples)))

    def some(self, start: int, count: int) -> Iterator[dict[str, Any]]:
        """The lines of `count` questions from number `start` on."""
        at = start - start % self._size
        while at < start + count:
            with self._parts.file(at // self._size).open(encoding="utf-8") as lines:
                for number, line in enumerate(lines, start=at):
                    if start <= number < start + count:
                        yield json.loads(line)
            at += self._size


@dataclass
class Tally:
    """Counts for the manifest: by language, why questions were left out, why candidates were passed over."""

    written: int = 0
    languages: dict[str, Any] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    passed_over: Counter[str] = field(default_factory=Counter)

    def add(self, given: TrainingExample, labelled: Labelled, reason: str) -> None:
        """Count a question."""
        none = {"asked": 0, "questions": 0, "positives": 0, "negatives": 0, "new positives": 0, "new negatives": 0}
        counts = self.languages.setdefault(given.language, none)
        example = labelled.example
        counts["asked"] += 1
        self.passed_over.update(labelled.passed_over)
        if not example.positives:
            self.left_out[reason] += 1
            own = counts.setdefault("left out", {})
            own[reason] = own.get(reason, 0) + 1
            return
        self.written += 1
        counts["questions"] += 1
        counts["positives"] += len(example.positives)
        counts["negatives"] += len(example.negatives)
        counts["new positives"] += len(example.positives) - len(given.positives)
        counts["new negatives"] += len(example.negatives) - len(given.negatives)
