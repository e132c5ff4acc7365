from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.datasets.formats import read_examples
from pyserini_xqg.collection.datasets.parallel_questions import (
    ParallelQuestion,
    languages_of,
    read_parallel,
    usable_pairs,
    with_english,
)
from pyserini_xqg.errors import InvalidInput, MissingInput


def folder(place: Path, code: str, own: str, english: str) -> Path:
    made = place / f"{code}-en"
    made.mkdir()
    (made / f"{code}.txt").write_text(own, encoding="utf-8")
    (made / "en.txt").write_text(english, encoding="utf-8")
    return made


def test_folders_are_read_line_by_line(tmp_path: Path) -> None:
    fi = folder(tmp_path, "fi", "\ufeffmikä?\nmissä\u2028joki\n", "what?\nwhere is the river\n")
    folder(tmp_path, "ru", "что", "what?")
    (tmp_path / "other").mkdir()
    first = [ParallelQuestion("mikä?", "what?", "fi"), ParallelQuestion("missä\u2028joki", "where is the river", "fi")]
    assert read_parallel(fi) == first
    assert read_parallel(tmp_path) == [*first, ParallelQuestion("что", "what?", "ru")]


def test_what_is_no_parallel_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"fi\.txt has 2 lines and en\.txt 1"):
        read_parallel(folder(tmp_path, "fi", "a\nb\n", "a\n"))
    (tmp_path / "fi-en" / "en.txt").unlink()
    with pytest.raises(MissingInput, match=r"en\.txt"):
        read_parallel(tmp_path / "fi-en")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingInput, match="no folder of parallel questions"):
        read_parallel(tmp_path / "empty")
    with pytest.raises(MissingInput, match="no such folder"):
        read_parallel(tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match="not UTF-8"):
        (tmp_path / "fi-en" / "en.txt").write_bytes(b"\xff\n\xfe\n")
        read_parallel(tmp_path / "fi-en")


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
    pairs = read_parallel(place)
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
