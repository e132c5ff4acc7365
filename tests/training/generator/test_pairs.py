from __future__ import annotations

from itertools import islice

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.generator.pairs import GeneratorPair, StepBatches, generator_pairs, pair_counts

FIRST, SECOND = Passage("d1", "The Niger rises in Guinea.", "Niger"), Passage("d2", "It ends in the sea.")


def example(number: int, language: str = "fi", **given: object) -> TrainingExample:
    values: dict[str, object] = {"positives": (FIRST,), **given}
    return TrainingExample(f"q{number}", f"missä\n {number} ?", language, **values)  # type: ignore[arg-type]


def pairs(count: int) -> list[GeneratorPair]:
    return [
        GeneratorPair(Passage(f"d{number}", "x" * (number * 7 % 50)), "fi", f"q{number}") for number in range(count)
    ]


def test_a_question_goes_with_each_of_its_positives_on_one_line() -> None:
    found = generator_pairs([example(1, positives=(FIRST, SECOND), negatives=(SECOND,))])
    assert found == [GeneratorPair(FIRST, "fi", "missä 1 ?"), GeneratorPair(SECOND, "fi", "missä 1 ?")]


def test_what_is_there_twice_is_learned_once() -> None:
    same = TrainingExample("other", "missä 1 ?", "fi", (FIRST,))
    assert len(generator_pairs([example(1), same, example(2)])) == 2


def test_english_forms_add_pairs_only_where_asked_for_and_in_other_languages() -> None:
    examples = [example(1, english="where  is it?"), example(2, "en", english="where?"), example(3)]
    assert [pair.english for pair in generator_pairs(examples)] == [None] * 3
    found = generator_pairs(examples, parallel=True)
    assert [(pair.question, pair.english) for pair in found] == [
        ("missä 1 ?", None),
        ("missä 1 ?", "where is it?"),
        ("missä 2 ?", None),
        ("missä 3 ?", None),
    ]
    assert pair_counts(found) == {
        "en": {"pairs": 1, "passages": 1, "with English": 0},
        "fi": {"pairs": 3, "passages": 1, "with English": 1},
    }


def test_a_question_of_unknown_language_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"q4 does not say its language.*--default-language"):
        generator_pairs([example(1), example(4, "und")])


def test_every_epoch_has_every_pair_once_in_another_order() -> None:
    steps = [number for step in StepBatches(pairs(20), 5, None, 8, 0) for number in step]
    assert sorted(steps[:20]) == sorted(steps[20:]) == list(range(20))
    assert {*steps[:5]} != {*steps[20:25]}


def test_a_step_depends_on_the_seed_and_its_number_and_not_on_the_pieces() -> None:
    def steps(mini_batch: int | None, seed: int = 0, count: int = 6) -> list[set[int]]:
        batches = StepBatches(pairs(13), 8, mini_batch, count, seed)
        pieces = iter(batches)
        assert len(batches) == count * batches.pieces
        return [{number for piece in islice(pieces, batches.pieces) for number in piece} for _ in range(count)]

    assert steps(None) == steps(3) == steps(1) == steps(99)
    assert steps(None, count=3) == steps(None)[:3]
    assert steps(None, seed=1) != steps(None)


def test_pieces_are_no_larger_than_asked_for_and_of_similar_length() -> None:
    many = pairs(64)
    for piece in StepBatches(many, 16, 3, 8, 0):
        assert 1 <= len(piece) <= 3
    first = [len(many[number].passage.text) for piece in StepBatches(many, 16, 4, 1, 0) for number in piece]
    assert first == sorted(first, reverse=True)


def test_processes_share_a_step_without_a_rest() -> None:
    whole = list(StepBatches(pairs(20), 12, None, 3, 0))
    shares = [list(StepBatches(pairs(20), 12, 2, 3, 0, 2, rank)) for rank in (0, 1)]
    assert [len(share) for share in shares] == [9, 9]
    for step in range(3):
        seen = [number for share in shares for piece in share[step * 3 : step * 3 + 3] for number in piece]
        assert sorted(seen) == sorted(whole[step])
