from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.collection.datasets.formats import detect_format, read_examples
from pyserini_xqg.collection.datasets.retrieval_set import Question
from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.errors import InvalidInput, MissingInput


def question(identifier: str, text: str, *answers: str) -> dict[str, Any]:
    return {"id": identifier, "question": text, "answers": [{"text": answer, "answer_start": 0} for answer in answers]}


def squad(*articles: tuple[str, dict[str, list[dict[str, Any]]]]) -> dict[str, Any]:
    """Of (title, {context: questions})."""
    return {
        "data": [
            {
                "title": title,
                "paragraphs": [{"context": context, "qas": asked} for context, asked in paragraphs.items()],
            }
            for title, paragraphs in articles
        ],
        "version": "1.1",
    }


ENGLISH = squad(
    (
        "Niger_River",
        {" The Niger rises in Guinea. ": [question("q1", "Where?", "Guinea"), question("q2", "What?", "rises")]},
    ),
    ("Congo", {"The Congo is deep.": [question("q3", "How deep?", "deep", "is deep")]}),
)
ARABIC = squad(
    ("n", {"نص": [question("q2", " ماذا؟ ", "x")]}),
    ("c", {"نص آخر": [question("q3", "كم؟", "y")]}),
)


def write(folder: Path, **files: object) -> Path:
    for name, content in files.items():
        (folder / f"{name.replace('__', '-').replace('_', '.')}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["xquad_{}", "dev__context__en__question__{}"])
def test_english_paragraphs_and_questions_of_other_languages(tmp_path: Path, form: str) -> None:
    found = read_squad_folder(write(tmp_path, **{form.format("en"): ENGLISH, form.format("ar"): ARABIC}))
    assert [(passage.id, passage.title, passage.text) for passage in found.passages] == [
        ("p0", "Niger River", "The Niger rises in Guinea."),
        ("p1", "Congo", "The Congo is deep."),
    ]
    assert dict(found.questions) == {
        "ar": [
            Question("ar-q2", "ماذا؟", "p0", ("rises",)),
            Question("ar-q3", "كم؟", "p1", ("deep", "is deep")),
        ]
    }


def test_a_paragraph_that_comes_twice_is_one_passage(tmp_path: Path) -> None:
    twice = squad(("a", {"Same.": [question("q1", "x", "y")]}), ("b", {"Same.": [question("q2", "x", "y")]}))
    found = read_squad_folder(write(tmp_path, a_en=twice, a_ru=squad(("a", {"Т": [question("q2", "кто", "y")]}))))
    assert [(passage.id, passage.title) for passage in found.passages] == [("p0", "a")]
    assert [asked.passage_id for asked in found.questions["ru"]] == ["p0"]


def test_of_all_mlqa_files_those_with_english_contexts_are_read(tmp_path: Path) -> None:
    found = read_squad_folder(
        write(
            tmp_path,
            dev__context__en__question__en=ENGLISH,
            dev__context__en__question__ar=ARABIC,
            dev__context__ar__question__en=ARABIC,
            dev__context__ar__question__ar=ARABIC,
            dev__context__zh__question__en=squad(("z", {"中文": [question("q9", "Who?", "z")]})),
        )
    )
    assert len(found.passages) == 2
    assert list(found.questions) == ["ar"]
    assert found.questions["ar"][0].passage_id == "p0"


def test_two_files_of_a_language_are_named(tmp_path: Path) -> None:
    write(tmp_path, xquad_en=ENGLISH, xquad_ar=ARABIC, mlqa_ar=ARABIC)
    with pytest.raises(InvalidInput, match=r"mlqa\.ar\.json and xquad\.ar\.json have the same language"):
        read_squad_folder(tmp_path)
    (tmp_path / "mlqa.ar.json").rename(tmp_path / "xquad.arb.json")
    with pytest.raises(InvalidInput, match="the language ar is there twice, as ar and as arb"):
        read_squad_folder(tmp_path)


def test_a_question_that_the_english_file_does_not_have_is_named(tmp_path: Path) -> None:
    write(tmp_path, x_en=ENGLISH, x_ar=squad(("n", {"نص": [question("q7", "م", "x")]})))
    with pytest.raises(InvalidInput, match=r"x\.ar\.json: question q7 is not in the English file"):
        read_squad_folder(tmp_path)


@pytest.mark.parametrize(
    ("names", "found"), [([], "no language"), (["x_en"], "files for en;"), (["x_ar", "x_fi"], "files for ar, fi;")]
)
def test_an_english_file_and_others_are_expected(tmp_path: Path, names: list[str], found: str) -> None:
    write(tmp_path, **dict.fromkeys(names, ENGLISH), notes={})
    with pytest.raises(MissingInput, match=found):
        read_squad_folder(tmp_path)


def test_no_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"nowhere: no such folder"):
        read_squad_folder(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"data": 3}',
        b'{"data": ["x"]}',
        b'{"data": [{"paragraphs": [{"context": null, "qas": [{}]}]}]}',
        b'{"data": [{"paragraphs": [{"context": "c", "qas": [{"question": "x", "answers": []}]}]}]}',
        b'{"data": [{"paragraphs": [{"context": "c", "qas": [{"id": "q1", "answers": []}]}]}]}',
        b'{"data": [{"paragraphs": [{"context": "c", "qas": [{"id": "q1", "question": null, "answers": []}]}]}]}',
        b'{"data": [{"paragraphs": [{"context": "c", "qas": [{"id": "q1", "question": "x", "answers": [3]}]}]}]}',
        b'{"data": [{"title": null, "paragraphs": [{"context": "c", "qas": [{"id": "q1"}]}]}]}',
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_another_format_is_named_with_its_file(tmp_path: Path, content: bytes, language: str) -> None:
    write(tmp_path, x_en=ENGLISH, x_ar=ARABIC)
    (tmp_path / f"x.{language}.json").write_bytes(content)
    with pytest.raises(InvalidInput, match=rf"x\.{language}\.json: not in SQuAD's format"):
        read_squad_folder(tmp_path)


def test_a_file_that_cannot_be_read_is_missing(tmp_path: Path) -> None:
    write(tmp_path, x_en=ENGLISH)
    (tmp_path / "x.ar.json").mkdir()
    with pytest.raises(MissingInput, match=r"x\.ar\.json: cannot be read"):
        read_squad_folder(tmp_path)


def test_the_real_xquad(shared_data: Path) -> None:
    found = read_squad_folder(shared_data / "xquad")
    assert len(found.passages) == 240
    assert {language: len(asked) for language, asked in found.questions.items()} == dict.fromkeys(
        ["ar", "es", "hi", "ru", "vi", "zh"], 1190
    )
    texts = {passage.id: passage.text for passage in found.passages}
    for asked in found.questions["ar"]:
        assert any(answer in texts[asked.passage_id] for answer in asked.answers)
    assert [asked.passage_id for asked in found.questions["ar"]] == [
        asked.passage_id for asked in found.questions["zh"]
    ]


def test_the_real_mlqa(shared_data: Path) -> None:
    found = read_squad_folder(shared_data / "mlqa")
    counts = {"ar": 517, "de": 512, "es": 500, "hi": 507, "vi": 511, "zh": 504}
    assert {language: len(asked) for language, asked in found.questions.items()} == counts
    texts = {passage.id: passage.text for passage in found.passages}
    for asked in found.questions["de"]:
        assert any(answer in texts[asked.passage_id] for answer in asked.answers)


def squad_text(*questions: tuple[str, str, str]) -> str:
    """Of (context, id, question)."""
    paragraphs = [
        {"context": context, "qas": [{"id": identifier, "question": text, "answers": [{"text": "a"}]}]}
        for context, identifier, text in questions
    ]
    return json.dumps({"data": [{"title": "A_title", "paragraphs": paragraphs}]}, indent=1)


def test_a_squad_folder_gives_english_passages_and_questions(tmp_path: Path) -> None:
    (tmp_path / "x.en.json").write_text(
        squad_text(("The text.", "1", "Where?"), ("Other.", "2", "What?")), encoding="utf-8"
    )
    (tmp_path / "x.ar.json").write_text(squad_text(("نص", "2", "ماذا؟")), encoding="utf-8")
    assert detect_format(tmp_path) == "squad"
    (found,) = read_examples(tmp_path)
    assert (found.id, found.language, found.question, found.english) == ("ar-2", "ar", "ماذا؟", "What?")
    assert (found.positives[0].title, found.positives[0].text) == ("A title", "Other.")
    assert detect_format(tmp_path / "x.en.json") == "squad"
    alone = read_examples(tmp_path / "x.en.json")
    assert [(each.language, each.question) for each in alone] == [("en", "Where?"), ("en", "What?")]
    assert alone[1].positives == found.positives
