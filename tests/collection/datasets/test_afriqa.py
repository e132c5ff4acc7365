from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.collection.datasets.afriqa import read_afriqa_folder
from pyserini_xqg.collection.datasets.formats import detect_format, read_examples
from pyserini_xqg.collection.datasets.retrieval_set import Question
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput, MissingInput
from tests.conftest import write_lines


def entry(context: str | None, question: str, *answers: str, **more: object) -> dict[str, Any]:
    pivot = {"answer_start": [0], "text": list(answers)}
    return {"context": context, "title": "T", "question_lang": question, "answer_pivot": pivot, **more}


def write(folder: Path, name: str, *entries: object) -> Path:
    return write_lines(folder / f"gold_span_passages.afriqa.{name}.json", entries)


def test_passages_of_all_splits_and_questions_of_one(tmp_path: Path) -> None:
    write(tmp_path, "bem.en.dev", entry("One.", " Nani? ", "one", "1"), entry("Two.", "Kwi?", title=None))
    write(tmp_path, "bem.en.train", entry("Three.", "Train?"), entry("One.", "Again?"))
    write(tmp_path, "hau.en.dev", entry(" One. ", "Wane?", answer_pivot=None))
    write(tmp_path, "hau.fr.dev", entry("Français.", "Quoi?"))
    (tmp_path / "README.md").touch()
    found = read_afriqa_folder(tmp_path, "dev")
    assert list(found.passages) == [Passage("p0", "One.", "T"), Passage("p1", "Two."), Passage("p2", "Three.", "T")]
    assert dict(found.questions) == {
        "bem": [Question("bem-0", "Nani?", "p0", ("one", "1")), Question("bem-1", "Kwi?", "p1")],
        "ha": [Question("ha-0", "Wane?", "p0")],
    }


@pytest.mark.parametrize("context", [None, "", "  "])
def test_records_without_a_context_are_left_out(tmp_path: Path, context: str | None) -> None:
    write(tmp_path, "bem.en.dev", entry(context, "Nani?"), entry("One.", "Kwi?"))
    found = read_afriqa_folder(tmp_path, "dev")
    assert [asked.text for asked in found.questions["bem"]] == ["Kwi?"]
    assert len(found.passages) == 1


@pytest.mark.parametrize(
    ("second", "fragment"),
    [
        ({"context": 3}, "context is 3: text or null is expected"),
        ({"context": "c", "title": ["t"]}, "title is ['t']"),
        ({"context": "c"}, "no question_lang"),
        ({"context": "c", "question_lang": None}, "no question_lang"),
        ({"context": "c", "question_lang": 5}, "question_lang is 5"),
        (["c"], "a JSON object is expected, found list"),
    ],
)
def test_what_is_no_afriqa_record_is_named_with_file_and_line(tmp_path: Path, second: object, fragment: str) -> None:
    write(tmp_path, "bem.en.dev", entry("One.", "Nani?"), second)
    with pytest.raises(InvalidInput) as caught:
        read_afriqa_folder(tmp_path, "dev")
    assert "gold_span_passages.afriqa.bem.en.dev.json:2: " in str(caught.value)
    assert fragment in str(caught.value)


@pytest.mark.parametrize("split", ["test", "de"])
def test_no_file_of_the_split_is_missing(tmp_path: Path, split: str) -> None:
    write(tmp_path, "bem.en.dev", entry("One.", "Nani?"))
    with pytest.raises(MissingInput, match=rf"no file gold_span_passages\.afriqa\.LANGUAGE\.en\.{split}\.json"):
        read_afriqa_folder(tmp_path, split)
    with pytest.raises(MissingInput):
        read_afriqa_folder(tmp_path / "nowhere", "dev")


def test_the_real_afriqa(shared_data: Path) -> None:
    folder = shared_data / "afriqa"
    found = read_afriqa_folder(folder, "dev")
    assert set(found.questions) == {"bem", "ha", "ig", "rw", "tw", "zu"}
    texts = {passage.id: passage.text for passage in found.passages}
    assert len(texts) == len(set(texts.values()))
    (bemba,) = folder.glob("*.bem.en.dev.json")
    entries = [json.loads(line) for line in bemba.read_text(encoding="utf-8").splitlines()]
    expected = [(e["question_lang"].strip(), e["context"].strip()) for e in entries if (e["context"] or "").strip()]
    assert [(asked.text, texts[asked.passage_id]) for asked in found.questions["bem"]] == expected
    assert len(expected) > 100
    # Passages of the other split stay, as distractors.
    train = read_afriqa_folder(folder, "train")
    assert "yo" in train.questions
    assert list(train.passages) == list(found.passages)


def test_afriqa_takes_its_split_and_leaves_out_records_without_a_context(tmp_path: Path) -> None:
    record = {"context": "c", "title": None, "question_lang": "ina?", "question_translated": "where?", "id": "0"}
    record |= {"answer_pivot": {"answer_start": [0], "text": ["a"]}}  # type: ignore[dict-item]
    name = "gold_span_passages.afriqa.hau.en.{}.json"
    write_lines(tmp_path / name.format("train"), [record, record | {"context": None}])
    write_lines(tmp_path / name.format("dev"), [record | {"question_lang": "yaushe?"}])
    assert detect_format(tmp_path) == "afriqa"
    (train,), (dev,) = read_examples(tmp_path), read_examples(tmp_path, split="dev")
    assert (train.question, train.language, train.english, train.answers) == ("ina?", "ha", "where?", ("a",))
    assert dev.question == "yaushe?"
    assert train.id != dev.id  # or every question would look like a leak
    with pytest.raises(MissingInput, match="test; there are files of dev, train"):
        read_examples(tmp_path, split="test")
    with pytest.raises(InvalidInput, match="give its folder"):
        read_examples(tmp_path / name.format("dev"))
