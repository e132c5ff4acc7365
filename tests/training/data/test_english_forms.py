from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.datasets.line_aligned import read_parallel_questions
from pyserini_xqg.collection.datasets.parallel import ParallelQuestion
from pyserini_xqg.training.data.english_forms import languages_of, usable_pairs, with_english


def test_questions_of_dev_are_left_out_in_every_language(caplog: pytest.LogCaptureFixture) -> None:
    pairs = [
        ParallelQuestion("mikä joki", "which river", "fi"),
        ParallelQuestion("Mikä joki?", "Which river?", "fi"),  # repeated
        ParallelQuestion("какая река", "Which river", "ru"),  # the same question in another language
        ParallelQuestion("missä silta", "where is the bridge", "fi"),
        ParallelQuestion("где мост", "where is the bridge", "ru"),
        ParallelQuestion("kuka", "", "fi"),
        ParallelQuestion("kuka kuningas", "who is king", "fi"),
    ]
    dev = [
        TrainingExample("1", "MIKÄ JOKI ?", "fi"),
        TrainingExample("2", "daraja", "sw", english="Where is the bridge?"),
    ]
    kept, left_out = usable_pairs(pairs, dev)
    assert kept == [pairs[6]]
    assert left_out == {"empty question": 1, "repeated": 1, "question of dev": 4}
    assert usable_pairs(pairs[2:5], ()) == (pairs[2:5], {})
    assert languages_of(pairs[2:5]) == {"fi": 1, "ru": 2}


def test_english_forms_come_from_the_example_or_the_pairs() -> None:
    pairs = [ParallelQuestion("mikä joki", "which river", "fi"), ParallelQuestion("missä", "where", "fi")]
    examples = [
        TrainingExample("1", "Mikä joki?", "fi"),
        TrainingExample("2", "missä", "fi", english="in what place"),
        TrainingExample("3", "who", "en"),
        TrainingExample("4", "mikä joki", "et"),  # another language
    ]
    kept, counts = with_english(examples, pairs)
    assert [(each.id, each.english) for each in kept] == [("1", "which river"), ("2", "in what place"), ("3", "who")]
    assert counts == {"parallel questions": 1, "their own": 1, "in English": 1, "no English form": 1}


@pytest.mark.slow
def test_the_known_leaks_of_xor_tydi_are_found(shared_data: Path) -> None:
    place = shared_data / "xor-tydi"
    dev = read_examples(place / "xor_dev_retrieve_eng_span_v1_1.jsonl")
    pairs = read_parallel_questions(place)
    kept, left_out = usable_pairs(pairs, dev)
    assert len(pairs) == len(kept) + sum(left_out.values())
    asked = {(example.language, example.question) for example in dev}
    assert {pair.language for pair in pairs if (pair.language, pair.question) in asked} >= {"bn", "ko"}
    assert not {pair.language for pair in kept if (pair.language, pair.question) in asked}
    assert 42 <= left_out["question of dev"] < 200
    train = read_examples(place / "xor_train_retrieve_eng_span.jsonl")
    found, counts = with_english(train, kept)
    assert counts["parallel questions"] > 10000
    assert all(example.english for example in found)
