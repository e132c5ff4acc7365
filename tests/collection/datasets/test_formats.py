from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.formats import detect_format, read_examples, require_positives
from pyserini_xqg.errors import InvalidInput, MissingInput, UsageError
from tests.conftest import write_lines

DPR = {
    "question": "who",
    "answers": ["x"],
    "positive_ctxs": [{"title": "t", "text": "p", "passage_id": 12}],
    "hard_negative_ctxs": [{"title": "", "text": "h", "psg_id": "13"}],
    "negative_ctxs": [{"title": "", "text": "random"}],
}
CONTEXTS = {
    "question": "who",
    "answers": ["x"],
    "ctxs": [
        {"title": "t", "text": "no", "hasanswer": False},
        {"title": "t", "text": "yes", "hasanswer": True},
        {"title": "t", "text": "gold", "hasanswer": True, "isgold": True},
    ],
}


def squad(*questions: tuple[str, str, str]) -> str:
    """Of (context, id, question)."""
    paragraphs = [
        {"context": context, "qas": [{"id": identifier, "question": text, "answers": [{"text": "a"}]}]}
        for context, identifier, text in questions
    ]
    return json.dumps({"data": [{"title": "A_title", "paragraphs": paragraphs}]}, indent=1)


@pytest.mark.parametrize("form", ["array", "lines", "gzip"])
def test_dpr_as_array_and_as_lines(form: str, tmp_path: Path) -> None:
    file = tmp_path / ("d.json.gz" if form == "gzip" else "d.json")
    text = json.dumps([DPR, DPR], indent=1) if form != "lines" else 2 * (json.dumps(DPR) + "\n")
    file.write_bytes(gzip.compress(text.encode()) if form == "gzip" else text.encode())
    assert detect_format(file) == "dpr"
    first, second = read_examples(file, language="en")
    assert (first.question, first.answers, first.language) == ("who", ("x",), "en")
    assert [(each.id, each.title, each.text) for each in first.positives] == [("12", "t", "p")]
    assert [(each.id, each.text) for each in first.negatives] == [("13", "h")]  # the random one is not there
    assert first.id != second.id
    assert first.positives[0] is second.positives[0]  # once in memory


def test_an_item_of_an_array_is_named(tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    file.write_text(json.dumps([DPR, DPR | {"question": None}]), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"d.json:2: question"):
        read_examples(file)


def test_contexts_are_sorted_by_what_they_hold(tmp_path: Path) -> None:
    unmarked = {"question": "q", "ctxs": [{"text": "a", "has_answer": True}, {"text": "b", "has_answer": False}]}
    file = write_lines(tmp_path / "nq.jsonl", [CONTEXTS, unmarked])
    assert detect_format(file) == "nq"
    first, second = read_examples(file)
    assert [each.text for each in first.positives] == ["gold"]
    assert [each.text for each in first.negatives] == ["no"]
    assert [each.text for each in second.positives] == ["a"]
    assert [each.text for each in second.negatives] == ["b"]


def test_questions_of_xor_tydi_are_read_and_refused_for_a_retriever(tmp_path: Path) -> None:
    record = {"id": "-5", "question": "ما ؟", "answers": ["x"], "lang": " ar", "split": "train"}
    file = write_lines(tmp_path / "xor.jsonl", [record])
    assert detect_format(file) == "xor-tydi"
    found = read_examples(file)
    assert [(each.id, each.language, each.positives) for each in found] == [("-5", "ar", ())]
    with pytest.raises(InvalidInput, match="1 questions and no passage"):
        require_positives(file, found)


def test_a_squad_folder_gives_english_passages_and_questions(tmp_path: Path) -> None:
    (tmp_path / "x.en.json").write_text(squad(("The text.", "1", "Where?"), ("Other.", "2", "What?")), encoding="utf-8")
    (tmp_path / "x.ar.json").write_text(squad(("نص", "2", "ماذا؟")), encoding="utf-8")
    assert detect_format(tmp_path) == "squad"
    (found,) = read_examples(tmp_path)
    assert (found.id, found.language, found.question, found.english) == ("ar-2", "ar", "ماذا؟", "What?")
    assert (found.positives[0].title, found.positives[0].text) == ("A title", "Other.")
    assert detect_format(tmp_path / "x.en.json") == "squad"
    alone = read_examples(tmp_path / "x.en.json")
    assert [(each.language, each.question) for each in alone] == [("en", "Where?"), ("en", "What?")]
    assert alone[1].positives == found.positives


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


def test_what_is_no_training_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such"):
        read_examples(tmp_path / "nothing")
    with pytest.raises(InvalidInput, match=r"c.jsonl:1: .*id, text.*Tevatron"):
        read_examples(write_lines(tmp_path / "c.jsonl", [{"id": "1", "text": "x"}]))
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput, match="empty"):
        read_examples(tmp_path / "empty.jsonl")
    with pytest.raises(UsageError, match="tevatron, dpr"):
        read_examples(tmp_path, "csv")


def test_the_published_sets(shared_data: Path) -> None:
    def count(name: str, **given: str) -> tuple[int, Counter[str], bool]:
        found = read_examples(shared_data / name, **given)  # type: ignore[arg-type]
        ids = {each.id for each in found}
        assert len(ids) == len(found)
        return len(found), Counter(each.language for each in found), all(each.positives for each in found)

    assert count("nq") == (2655, Counter(und=2655), True)
    size, languages, with_passages = count("xor-tydi/xor_train_retrieve_eng_span.jsonl")
    assert (size, len(languages), with_passages) == (15250, 7, False)
    assert languages["ar"] > 0
    assert count("xquad") == (6 * 1190, Counter(dict.fromkeys(("ar", "es", "hi", "ru", "vi", "zh"), 1190)), True)
    assert count("mlqa")[1]["ar"] == 517
    size, languages, with_passages = count("afriqa", split="dev")
    assert with_passages
    assert set(languages) <= {"bem", "ha", "ig", "rw", "tw", "yo", "zu"}
