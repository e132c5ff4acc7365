from __future__ import annotations

from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.encoding.encoder import TextEncoder
from pyserini_xqg.encoding.loading import load_model
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import UsageError
from pyserini_xqg.training.data.batches import Collator, EpochBatches, EpochRow, EpochRows, Place, TextForm
from pyserini_xqg.training.distillation.quick import QuickRows


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


def batches(rows: EpochRows, size: int, epoch: int = 0, processes: int = 1) -> list[list[Place]]:
    sampler = EpochBatches(rows, size, processes)
    sampler.set_epoch(epoch)
    found = list(sampler)
    assert len(found) == len(sampler)
    return found


@given(count=st.integers(1, 40), size=st.integers(1, 9), epoch=st.integers(0, 3))
def test_an_epoch_has_every_example_once_in_full_batches(count: int, size: int, epoch: int) -> None:
    found = batches(EpochRows(examples(count), 0, seed=1), size, epoch)
    assert sorted(place[:2] for batch in found for place in batch) == [(epoch, number) for number in range(count)]
    assert [len(batch) for batch in found[:-1]] == [size] * (len(found) - 1)


def entangled(count: int, seed: int, negatives: int = 6) -> list[TrainingExample]:
    """Questions whose positives are shared, some of several, and the negatives of others."""
    random = Random(seed)
    pool = passages(*(f"p{number}" for number in range(count)))
    drawn = [random.sample(pool, 1 + random.randrange(2)) for _ in range(count)]
    return [
        TrainingExample(
            f"q{number}",
            f"question {number}",
            "fi",
            tuple(own),
            tuple(passage for passage in random.sample(pool, random.randrange(negatives)) if passage not in own),
        )
        for number, own in enumerate(drawn)
    ]


@given(
    count=st.integers(8, 60),
    seed=st.integers(0, 9),
    size=st.integers(1, 8),
    processes=st.integers(1, 3),
    negatives=st.integers(0, 4),
    fixed=st.booleans(),
)
def test_no_text_of_a_step_is_a_positive_of_another_of_its_questions(
    count: int, seed: int, size: int, processes: int, negatives: int, fixed: bool
) -> None:
    data = entangled(count, seed)
    rows = QuickRows(data, negatives or 1, seed, 0, 1) if fixed else EpochRows(data, negatives, seed)
    for epoch in range(2):
        try:
            found = batches(rows, size, epoch, processes)
        except UsageError:  # a step for each process takes as many questions that can stand beside each other
            assert processes > 1
            continue
        steps = [found[start : start + processes] for start in range(0, len(found), processes)]
        assert all(len({len(batch) for batch in step}) == 1 and step[0] for step in steps)
        for step in steps:
            places = [place for batch in step for place in batch]
            texts = [
                [passage.text for passage in (rows.candidates(place.number) if fixed else rows[place].passages)]
                for place in places
            ]
            assert len({len(each) for each in texts}) == 1  # a column has a passage of each
            for asked in places:
                positives = {passage.text for passage in data[asked.number].positives}
                for place, others in zip(places, texts, strict=True):
                    assert positives.isdisjoint(others[1:] if place == asked else others)


def test_a_question_that_no_step_can_take_waits_for_another_epoch() -> None:
    alike = EpochRows(examples(6, shared=6), 0, seed=0)
    sampler = EpochBatches(alike, 4)
    seen = set()
    for epoch in range(20):
        sampler.set_epoch(epoch)
        assert [len(batch) for batch in sampler] == [1, 1]  # as many steps as ever
        assert sampler.waiting() == 4
        seen |= {place.number for batch in sampler for place in batch}
    assert seen == {*range(6)}
    with pytest.raises(UsageError, match="2 processes cannot share a step: too few of the 6 questions"):
        list(EpochBatches(alike, 2, processes=2))


def test_a_step_that_the_processes_cannot_share_asks_some_questions_again() -> None:
    found = batches(EpochRows(examples(9), 0, seed=0), 2, processes=2)
    assert [len(batch) for batch in found] == [2, 2, 2, 2, 1, 1]
    assert {place.number for batch in found for place in batch} == {*range(9)}


def test_negatives_are_others_where_the_step_has_questions_that_they_answer() -> None:
    data = [*examples(3, negatives=9), TrainingExample("q", "x", "fi", passages("p"), passages("p0-0", "p1-0", "n"))]
    rows = EpochRows(data, 2, seed=0)
    for epoch in range(20):
        drawn = rows[Place(epoch, 3, frozenset({"text p0-0", "text p1-0", "text p"}))].passages
        assert drawn[1].id == "n"
        assert drawn[2].id.startswith(("n", "p2"))
    clashing = {passage.id for epoch in range(20) for passage in rows[Place(epoch, 3)].passages}
    assert {"p0-0", "p1-0"} < clashing


def test_the_draw_depends_on_seed_and_epoch_alone() -> None:
    data = examples(12, negatives=5, positives=3)
    places = [Place(epoch, number) for epoch in range(3) for number in range(12)]

    def drawn(seed: int) -> dict[Place, tuple[Passage, ...]]:
        rows = EpochRows(data, 2, seed)
        return {place: rows[place].passages for place in reversed(places)}

    first = drawn(3)
    assert {place: EpochRows(data, 2, 3)[place].passages for place in places} == first
    assert drawn(4) != first
    assert EpochRows(data, 2, 3).order(0) != [Place(0, place.number) for place in EpochRows(data, 2, 3).order(1)]
    positives = {found[0].id for (_, number, _), found in first.items() if number == 0}
    negatives = {passage.id for (_, number, _), found in first.items() if number == 0 for passage in found[1:]}
    assert len(positives) > 1
    assert len(negatives) > 2
    assert all(found[0] in data[number].positives for (_, number, _), found in first.items())
    assert all(set(found[1:]) <= set(data[number].negatives) for (_, number, _), found in first.items())


def test_missing_negatives_are_passages_of_other_questions() -> None:
    data = [*examples(6, negatives=4), TrainingExample("few", "x", "fi", passages("own", "own2"), passages("hard"))]
    rows = EpochRows(data, 4, seed=0)
    for epoch in range(20):
        positive, *negatives = rows[Place(epoch, 6)].passages
        assert positive.id in ("own", "own2")
        assert negatives[0].id == "hard"
        assert len({passage.text for passage in negatives}) == 4
        assert not {"own", "own2"} & {passage.id for passage in negatives}


def test_without_any_negative_there_are_none() -> None:
    rows = EpochRows(examples(5), 7, seed=0)
    assert rows.negatives == 0
    assert all(len(rows[Place(0, number)].passages) == 1 for number in range(5))


def test_no_more_are_asked_for_than_there_are() -> None:
    rows = EpochRows(examples(2, negatives=1), 7, seed=0)
    assert rows.negatives == 3  # of four passages in all one is the positive
    assert {passage.id for passage in rows[Place(0, 0)].passages} == {"p0-0", "n0-0", "p1-0", "n1-0"}


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
