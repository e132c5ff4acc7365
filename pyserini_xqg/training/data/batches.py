"""Batches of training examples: a function of the seed, the epoch and the example, and of nothing else.

A run that goes on in the middle of an epoch therefore sees what it would have seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from torch.utils.data import BatchSampler, Dataset

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage, passage_key, passage_text
from pyserini_xqg.encoding.settings import EncoderSettings

Place = tuple[int, int]


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
        How many a row gets. A question that has fewer gets passages of other questions for the rest; if no question
        has any, there are none and the batch's other passages are all the negatives.
    seed : int
    always : bool
        Draw from other questions' passages even then.
    """

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
        example = self.examples[place[1]]
        random = self._random("negatives", place)
        positive = self.positive(place)
        own = random.sample(example.negatives, min(self.negatives, len(example.negatives)))
        taken = {passage_key(passage) for passage in (*example.positives, *own)}
        while len(own) < self.negatives:
            passage = random.choice(self._pool)
            if passage_key(passage) not in taken:
                taken.add(passage_key(passage))
                own.append(passage)
        return EpochRow(example, (positive, *own))

    def positive(self, place: Place) -> Passage:
        """The positive that the epoch draws."""
        positives = self.examples[place[1]].positives
        return positives[0] if len(positives) == 1 else self._random("positive", place).choice(positives)

    def order(self, epoch: int) -> list[Place]:
        """All examples as the epoch goes through them."""
        numbers = list(range(len(self)))
        self._random("order", (epoch, 0)).shuffle(numbers)
        return [(epoch, number) for number in numbers]

    def _random(self, what: str, place: Place) -> Random:
        return Random(f"{self.seed} {what} {place[0]} {place[1]}")


class EpochBatches(BatchSampler):
    """Batches of an epoch; questions with the same positive are kept apart as long as that can be.

    In a batch every question's positive counts as a negative of the others, which is wrong where two share it. A batch
    passes over a question whose positive it has, and a later one takes it. Once no other are left they go together, so
    that every epoch has the same number of batches.

    Parameters
    ----------
    rows : EpochRows
    batch_size : int
        Of one process.
    """

    def __init__(self, rows: EpochRows, batch_size: int):
        super().__init__(range(len(rows)), batch_size, drop_last=False)
        self.rows = rows
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The epoch that is iterated over next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        """Lists of places."""
        waiting: deque[Place] = deque(self.rows.order(self.epoch))
        while waiting:
            batch: list[Place] = []
            passed_over: list[Place] = []
            positives: set[str] = set()
            while waiting and len(batch) < self.batch_size:
                place = waiting.popleft()
                key = passage_key(self.rows.positive(place))
                if key in positives:
                    passed_over.append(place)
                else:
                    positives.add(key)
                    batch.append(place)
            fill = self.batch_size - len(batch)
            batch += passed_over[:fill]
            waiting.extendleft(reversed(passed_over[fill:]))
            yield batch


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
