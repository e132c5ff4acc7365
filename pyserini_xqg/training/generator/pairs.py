"""Pairs that a generator learns from: a passage, a language, and a question in it that the passage answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from torch.utils.data import Dataset, Sampler

from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.passages import Passage, passage_key
from pyserini_xqg.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class GeneratorPair:
    """One thing to learn.

    Parameters
    ----------
    passage : Passage
    language : str
        Of the question, as a code.
    question : str
        What the model is to write, on one line.
    english : str or None
        The same question in English, if the model is to read it too.
    """

    passage: Passage
    language: str
    question: str
    english: str | None = None

    @property
    def characters(self) -> int:
        """About how long it is."""
        return len(self.passage.title) + len(self.passage.text) + len(self.question) + len(self.english or "")


def generator_pairs(examples: Iterable[TrainingExample], parallel: bool = False) -> list[GeneratorPair]:
    """Every question with each of its positive passages, once.

    Parameters
    ----------
    examples : iterable of TrainingExample
    parallel : bool
        Of questions in another language whose English form is known, add a pair that has it.

    Raises
    ------
    InvalidInput
        A question's language is not known, which the model has to be told.
    """
    pairs: dict[GeneratorPair, None] = {}
    for example in examples:
        if example.language == UNKNOWN_LANGUAGE:
            raise InvalidInput(
                f"the question {example.id} does not say its language, which the model has to be told; give --language "
                "to leave out such questions, or --default-language if all of them are in one"
            )
        question = " ".join(example.question.split())
        english = " ".join((example.english or "").split())
        for passage in example.positives:
            pairs[GeneratorPair(passage, example.language, question)] = None
            if parallel and english and example.language != "en":
                pairs[GeneratorPair(passage, example.language, question, english)] = None
    return list(pairs)


def pair_counts(pairs: Iterable[GeneratorPair]) -> dict[str, dict[str, int]]:
    """By language, ``pairs``, different ``passages``, and ``with English`` (those among the pairs with it)."""
    counts: dict[str, Counter[str]] = {}
    passages: dict[str, set[str]] = {}
    for pair in pairs:
        counts.setdefault(pair.language, Counter()).update({"pairs": 1, "with English": int(pair.english is not None)})
        passages.setdefault(pair.language, set()).add(passage_key(pair.passage))
    return {
        code: {
            "pairs": counts[code]["pairs"],
            "passages": len(passages[code]),
            "with English": counts[code]["with English"],
        }
        for code in sorted(counts)
    }


class Pairs(Dataset[GeneratorPair]):
    """Pairs by number."""

    def __init__(self, pairs: Sequence[GeneratorPair]):
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, number: int) -> GeneratorPair:
        """The pair."""
        return self.pairs[number]


class StepBatches(Sampler[list[int]]):
    """Which pairs each step sees, in the pieces that go through the model at once.

    The steps cut up an endless row of epochs, each of which has all pairs in an order of its own: a function of the
    seed and the step alone. In a step pairs of about the same length go together.

    Parameters
    ----------
    pairs : sequence of GeneratorPair
    batch_size : int
        Of a step, over all processes.
    mini_batch : int or None
        The most pairs of a piece.
    steps : int
    seed : int
    processes, process : int
        How many share a step, and which this is.

    Attributes
    ----------
    pieces : int
        Of a step, for each process.
    """

    def __init__(
        self,
        pairs: Sequence[GeneratorPair],
        batch_size: int,
        mini_batch: int | None,
        steps: int,
        seed: int,
        processes: int = 1,
        process: int = 0,
    ):
        self._lengths = [pair.characters for pair in pairs]
        self._batch_size, self._steps, self._seed = batch_size, steps, seed
        share = batch_size // processes
        self.pieces = -(-share // min(mini_batch or share, share))
        self._processes, self._process = processes, process

    def __len__(self) -> int:
        return self._steps * self.pieces

    def __iter__(self) -> Iterator[list[int]]:
        """The numbers of the pairs of one piece after the other."""
        stream = self._stream()
        for _ in range(self._steps):
            numbers = sorted((next(stream) for _ in range(self._batch_size)), key=lambda number: -self._lengths[number])
            all_pieces = self.pieces * self._processes
            for piece in range(self._process, all_pieces, self._processes):
                start, end = (self._batch_size * border // all_pieces for border in (piece, piece + 1))
                yield numbers[start:end]

    def _stream(self) -> Iterator[int]:
        numbers = list(range(len(self._lengths)))
        epoch = 0
        while True:
            order = numbers.copy()
            Random(f"{self._seed} order {epoch}").shuffle(order)
            yield from order
            epoch += 1
