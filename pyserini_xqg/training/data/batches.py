"""Batches of training examples: a function of the seed, the epoch and the example, and of nothing else.

A run that goes on in the middle of an epoch therefore sees what it would have seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, Protocol

from torch.utils.data import Dataset, Sampler

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage, passage_key, passage_text
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError


class Place(NamedTuple):
    """An example in an epoch, with the positives of all questions of its step, none of which may be a negative."""

    epoch: int
    number: int
    positives: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EpochRow:
    """An example as one epoch sees it: the positive passage comes first."""

    example: TrainingExample
    passages: tuple[Passage, ...]


class EpochRows(Dataset[EpochRow]):
    """Examples by (epoch, number), with passages drawn for the epoch.

    Parameters
    ----------
    examples : sequence of TrainingExample
        Each with a positive.
    negatives : int
        How many a row gets, none of them a positive of a question of its step. A question that has fewer gets passages
        of other questions for the rest; if no question has any, there are none and the batch's other passages are all
        the negatives.
    seed : int
    always : bool
        Draw from other questions' passages even then.

    Attributes
    ----------
    added_content : str or None
        Of questions that are asked beside those of the examples, a digest; None: there are none.
    added_counts : mapping
        Of these questions.
    """

    added_content: str | None = None
    added_counts: Mapping[str, Any] = {}

    def __init__(self, examples: Sequence[TrainingExample], negatives: int, seed: int, always: bool = False):
        self.examples = examples
        self.seed = seed
        has_negatives = always or any(example.negatives for example in examples)
        pool = {
            passage_key(passage): passage
            for example in (examples if has_negatives else ())
            for passage in (*example.positives, *example.negatives)
        }
        self._pool = list(pool.values())
        # Of the passages there are, none may be wanted that has to be a positive.
        most = len(pool) - max(len(example.positives) for example in examples)
        self.negatives = max(0, min(negatives, most))

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, place: Place) -> EpochRow:
        """The row of (epoch, number)."""
        example = self.examples[place.number]
        random = self._random("negatives", place)
        positive = self.positive(place)
        taken = {*map(passage_key, example.positives), *place.positives}
        # Where there are few passages, the step's positives may leave too few, to all its questions alike.
        count = min(self.negatives, max(0, len(self._pool) - len(taken)))
        own = [passage for passage in example.negatives if passage_key(passage) not in taken]
        own = random.sample(own, min(count, len(own)))
        taken.update(map(passage_key, own))
        while len(own) < count:
            passage = random.choice(self._pool)
            if passage_key(passage) not in taken:
                taken.add(passage_key(passage))
                own.append(passage)
        return EpochRow(example, (positive, *own))

    def positive(self, place: Place) -> Passage:
        """The positive that the epoch draws."""
        positives = self.examples[place.number].positives
        return positives[0] if len(positives) == 1 else self._random("positive", place).choice(positives)

    def positives(self, place: Place) -> Collection[str]:
        """The texts of all positives, drawn or not."""
        return [passage_key(passage) for passage in self.examples[place.number].positives]

    def texts(self, place: Place) -> Collection[str]:
        """The texts that the row has whatever its step is: the positive."""
        return (passage_key(self.positive(place)),)

    def order(self, epoch: int) -> list[Place]:
        """All examples as the epoch goes through them."""
        numbers = list(range(len(self)))
        self._random("order", Place(epoch, 0)).shuffle(numbers)
        return [Place(epoch, number) for number in numbers]

    def _random(self, what: str, place: Place) -> Random:
        return Random(f"{self.seed} {what} {place.epoch} {place.number}")


class Rows(Protocol):
    """What batches are made of, see :class:`EpochRows`."""

    def __len__(self) -> int: ...
    def order(self, epoch: int) -> list[Place]:
        """All examples as the epoch goes through them."""

    def positives(self, place: Place) -> Collection[str]:
        """Texts that no other row of the step may have."""

    def texts(self, place: Place) -> Collection[str]:
        """Texts that the row has whatever its step is."""


@dataclass(slots=True)
class _Step:
    """Places that go together."""

    places: list[Place] = field(default_factory=list)
    positives: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def take(self, place: Place, positives: Collection[str], texts: Collection[str]) -> bool:
        """Take a place in, unless a text of it is a positive of another's, or the other way round."""
        if not (self.positives.isdisjoint(texts) and self.texts.isdisjoint(positives)):
            return False
        self.places.append(place)
        self.positives.update(positives)
        self.texts.update(texts)
        return True


class EpochBatches(Sampler[list[Place]]):
    """Batches of an epoch: those of a step's processes, then those of the next step's.

    In a step all passages of all processes count as negatives of a question but its own positive. So no text of a step
    is a positive of another of its questions: a step passes over a question with which one would be, and a later one
    takes it. Every epoch has the same number of steps; a question that none of them can take waits for another epoch.
    All processes get as many questions; where the last step has too few for that, some are asked a second time.

    Parameters
    ----------
    rows : Rows
    size : int
        Questions of one process.
    processes : int
        That train together.
    """

    # For accelerate, which deals out the batches as they come: none is to be filled up, they differ in size.
    batch_size = None
    drop_last = False

    def __init__(self, rows: Rows, size: int, processes: int = 1):
        self._rows = rows
        self._size = size
        self._processes = processes
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The epoch that is iterated over next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self._rows) // (self._size * self._processes)) * self._processes

    def __iter__(self) -> Iterator[list[Place]]:
        """Lists of places.

        Raises
        ------
        UsageError
            Too few questions can stand in one step for each process to get one.
        """
        for places in self.steps():
            share = len(places) // self._processes
            for start in range(0, len(places), share):
                yield places[start : start + share]

    def waiting(self) -> int:
        """How many questions the epoch leaves out."""
        return len(self._rows) - len({place.number for places in self.steps() for place in places})

    def steps(self) -> list[list[Place]]:
        """The places of each step, of all processes together; see :meth:`__iter__`."""
        rows = self._rows
        order = [(place, rows.positives(place), rows.texts(place)) for place in rows.order(self.epoch)]
        waiting = deque(order)
        steps = []
        for _ in range(len(self) // self._processes):
            step = _Step()
            passed_over = []
            while waiting and len(step.places) < self._size * self._processes:
                each = waiting.popleft()
                if not step.take(*each):
                    passed_over.append(each)
            waiting.extendleft(reversed(passed_over))
            steps.append(step)
        for step in steps:
            self._even(step, order)
        return [
            [place._replace(positives=positives) for place in step.places]
            for step in steps
            for positives in [frozenset(step.positives)]
        ]

    def _even(self, step: _Step, order: Sequence[tuple[Place, Collection[str], Collection[str]]]) -> None:
        """Make the number of places one that the processes can share."""
        for each in order:
            if len(step.places) % self._processes == 0:
                break
            if each[0] not in step.places:
                step.take(*each)
        del step.places[len(step.places) // self._processes * self._processes :]
        if not step.places:
            raise UsageError(
                f"{self._processes} processes cannot share a step: too few of the {len(self._rows):,} questions can "
                "stand in one, because they share their positives; train with one process, or give more data"
            )


class TextForm:
    """Texts as the model gets them, in training as in search: prefix, maximum length, tokens.

    Parameters
    ----------
    model : SentenceTransformer
    encoder : EncoderSettings
        Resolved.
    """

    def __init__(self, model: Any, encoder: EncoderSettings):
        self._tokenizer = model.tokenizer
        self._as_read = encoder.as_read
        self._forms = {
            "query": (encoder.query_prefix or "", encoder.query_max_length),
            "passage": (encoder.passage_prefix or "", encoder.passage_max_length),
        }
        self._leaves_prompt_out = not all(getattr(module, "include_prompt", True) for module in model)

    def features(self, texts: Sequence[str], kind: str) -> dict[str, Any]:
        """What the model takes."""
        prefix, length = self._forms[kind]
        tokens = self._tokenizer(
            [self._as_read(prefix + text) for text in texts],
            truncation=True,
            max_length=length,
            padding=True,
            return_token_type_ids=False,
            return_tensors="pt",
        )
        features = {"input_ids": tokens["input_ids"], "attention_mask": tokens["attention_mask"]}
        if prefix and self._leaves_prompt_out:
            features["prompt_length"] = len(self._tokenizer(self._as_read(prefix))["input_ids"]) - 1
        return features


class Collator:
    """Rows to the columns that sentence-transformers' losses take: ``question_...``, ``passage_0_...``, ...; the
    positives are ``passage_0``.
    """

    # The trainer asks a collator for it.
    valid_label_columns: tuple[str, ...] = ()

    def __init__(self, form: TextForm):
        self._form = form

    def __call__(self, rows: Sequence[EpochRow]) -> dict[str, Any]:
        """The batch."""
        columns = {"question": self._form.features([row.example.question for row in rows], "query")}
        for number, passages in enumerate(zip(*(row.passages for row in rows), strict=True)):
            texts = [passage_text(passage.title, passage.text) for passage in passages]
            columns[f"passage_{number}"] = self._form.features(texts, "passage")
        return {f"{column}_{key}": value for column, features in columns.items() for key, value in features.items()}
