from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.loading import load_model
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.training.data.batches import Collator, EpochBatches, EpochRow, EpochRows, TextForm


def passages(*names: str) -> tuple[Passage, ...]:
    return tuple(Passage(name, f"text {name}") for name in names)


def examples(count: int, shared: int = 1, negatives: int = 0, positives: int = 1) -> list[TrainingExample]:
    """Questions of which `shared` at a time have the same positives."""
    return [
        TrainingExample(
            f"q{number}",
            f"question {number}",
            "fi",
            passages(*(f"p{number // shared}-{k}" for k in range(positives))),
            passages(*(f"n{number}-{k}" for k in range(negatives))),
        )
        for number in range(count)
    ]


def batches(rows: EpochRows, size: int, epoch: int = 0) -> list[list[tuple[int, int]]]:
    sampler = EpochBatches(rows, size)
    sampler.set_epoch(epoch)
    found = list(sampler)
    assert len(found) == len(sampler)
    return found


@given(count=st.integers(1, 40), shared=st.integers(1, 5), size=st.integers(1, 9), epoch=st.integers(0, 3))
def test_an_epoch_has_every_example_once_in_full_batches(count: int, shared: int, size: int, epoch: int) -> None:
    found = batches(EpochRows(examples(count, shared), 0, seed=1), size, epoch)
    assert sorted(place for batch in found for place in batch) == [(epoch, number) for number in range(count)]
    assert [len(batch) for batch in found[:-1]] == [size] * (len(found) - 1)


def test_questions_with_the_same_positive_are_kept_apart_while_that_can_be() -> None:
    rows = EpochRows(examples(40, shared=4), 0, seed=0)
    for epoch in range(5):
        found = batches(rows, 8, epoch)
        clashes = [
            sum(count - 1 for count in Counter(rows.positive(place).text for place in batch).values())
            for batch in found
        ]
        assert clashes[:-2] == [0, 0, 0]  # what is left at the end has to go together
        assert sum(clashes) < 8
    together = EpochRows(examples(6, shared=6), 0, seed=0)
    assert [len(batch) for batch in batches(together, 4)] == [4, 2]


def test_the_draw_depends_on_seed_and_epoch_alone() -> None:
    data = examples(12, negatives=5, positives=3)
    places = [(epoch, number) for epoch in range(3) for number in range(12)]

    def drawn(seed: int) -> dict[tuple[int, int], tuple[Passage, ...]]:
        rows = EpochRows(data, 2, seed)
        return {place: rows[place].passages for place in reversed(places)}

    first = drawn(3)
    assert {place: EpochRows(data, 2, 3)[place].passages for place in places} == first
    assert drawn(4) != first
    assert EpochRows(data, 2, 3).order(0) != [(0, place[1]) for place in EpochRows(data, 2, 3).order(1)]
    positives = {found[0].id for (_, number), found in first.items() if number == 0}
    negatives = {passage.id for (_, number), found in first.items() if number == 0 for passage in found[1:]}
    assert len(positives) > 1
    assert len(negatives) > 2
    assert all(found[0] in data[number].positives for (_, number), found in first.items())
    assert all(set(found[1:]) <= set(data[number].negatives) for (_, number), found in first.items())


def test_missing_negatives_are_passages_of_other_questions() -> None:
    data = [*examples(6, negatives=4), TrainingExample("few", "x", "fi", passages("own", "own2"), passages("hard"))]
    rows = EpochRows(data, 4, seed=0)
    for epoch in range(20):
        positive, *negatives = rows[epoch, 6].passages
        assert positive.id in ("own", "own2")
        assert negatives[0].id == "hard"
        assert len({passage.text for passage in negatives}) == 4
        assert not {"own", "own2"} & {passage.id for passage in negatives}


def test_without_any_negative_there_are_none() -> None:
    rows = EpochRows(examples(5), 7, seed=0)
    assert rows.negatives == 0
    assert all(len(rows[0, number].passages) == 1 for number in range(5))


def test_no_more_are_asked_for_than_there_are() -> None:
    rows = EpochRows(examples(2, negatives=1), 7, seed=0)
    assert rows.negatives == 3  # of four passages in all one is the positive
    assert {passage.id for passage in rows[0, 0].passages} == {"p0-0", "n0-0", "p1-0", "n1-0"}


def test_texts_in_training_are_texts_in_search(tiny_model: Path) -> None:
    settings = EncoderSettings(
        str(tiny_model), query_prefix="q: ", passage_prefix="p: ", query_max_length=6, passage_max_length=9
    )
    model, resolved = load_model(settings, "cpu", "passage")
    long = "river bridge mountain city king queen music bread water"
    row = EpochRow(TrainingExample("1", long, "fi"), (Passage("a", long, "stone"), Passage("b", "old")))
    found = Collator(TextForm(model, resolved))([row])
    encoder = TextEncoder(settings, "cpu")
    for column, text, kind in (
        ("question", long, "query"),
        ("passage_0", f"stone {long}", "passage"),
        ("passage_1", "old", "passage"),
    ):
        (batch,) = encoder.tokenize([text], kind)  # type: ignore[arg-type]
        assert found[f"{column}_input_ids"].tolist() == batch.features["input_ids"].tolist()
        assert found[f"{column}_attention_mask"].tolist() == batch.features["attention_mask"].tolist()
    assert [found[f"{column}_input_ids"].shape[1] for column in ("question", "passage_0")] == [6, 9]
    assert SimpleNamespace(**found).passage_1_input_ids.shape[0] == 1
