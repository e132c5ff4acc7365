from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from pyserini_xqg.demo.collections import bundled, squad

LANGUAGES = ["ar", "bn", "fi", "ja", "ko", "ru", "sw", "te"]
SCRIPTS = {
    "ar": "ARABIC",
    "bn": "BENGALI",
    "fi": "LATIN",
    "ko": "HANGUL",
    "ru": "CYRILLIC",
    "sw": "LATIN",
    "te": "TELUGU",
}


def simplified(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())


def test_every_passage_has_a_question_and_two_queries_in_every_language() -> None:
    collection = bundled()
    (fold,) = collection.folds
    ids = [passage.id for passage in collection.passages]
    assert len(ids) == len(set(ids)) >= 100
    assert sorted(fold.questions) == LANGUAGES
    for questions in fold.questions.values():
        assert [question.passage_id for question in questions] == ids
    assert list(fold.queries) == ids
    assert all(sorted(queries) == LANGUAGES for queries in fold.queries.values())
    assert all(len(texts) == 2 for queries in fold.queries.values() for texts in queries.values())


def test_passages_come_in_groups_of_near_neighbours() -> None:
    groups = Counter(passage.id.rpartition("-")[0] for passage in bundled().passages)
    assert set(groups.values()) == {4}


def test_no_question_is_among_the_queries() -> None:
    (fold,) = bundled().folds
    queries = {
        simplified(text) for by_language in fold.queries.values() for texts in by_language.values() for text in texts
    }
    questions = [simplified(question.text) for asked in fold.questions.values() for question in asked]
    assert len(questions) == len(set(questions))
    assert not queries & set(questions)
    assert len(queries) == len(fold.queries) * 16


def test_every_answer_stands_in_its_passage() -> None:
    collection = bundled()
    texts = {passage.id: passage.text for passage in collection.passages}
    asked = [question for questions in collection.questions.values() for question in questions]
    assert [
        question.id
        for question in asked
        if not all(answer in texts[question.passage_id] for answer in question.answers)
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_in_the_script_of_their_language(language: str) -> None:
    (fold,) = bundled().folds
    texts = [question.text for question in fold.questions[language]]
    texts += [text for queries in fold.queries.values() for text in queries[language]]
    for text in texts:
        letters = [unicodedata.name(character) for character in text if character.isalpha()]
        wanted = ("HIRAGANA", "KATAKANA", "CJK") if language == "ja" else (SCRIPTS[language],)
        share = sum(name.startswith(wanted) for name in letters) / len(letters)
        assert share >= 0.7, text


def test_a_question_is_never_among_the_queries_of_its_fold(tmp_path: Path) -> None:
    import json

    def file(language: str) -> None:
        questions = [
            {"id": f"q{passage}{number}", "question": f"{language} {passage} {number}?", "answers": [{"text": "x"}]}
            for passage in "ab"
            for number in range(3)
        ]
        paragraphs = [
            {"context": f"passage {passage}", "qas": [q for q in questions if q["id"][1] == passage]}
            for passage in "ab"
        ]
        data = {"data": [{"title": "T", "paragraphs": paragraphs}]}
        (tmp_path / f"made.{language}.json").write_text(json.dumps(data), encoding="utf-8")

    for language in ("en", "fi", "sw"):
        file(language)
    collection = squad(tmp_path)
    assert sorted(q.id for asked in collection.questions.values() for q in asked) == sorted(
        f"{language}-q{passage}{number}" for language in ("fi", "sw") for passage in "ab" for number in range(3)
    )
    for fold in collection.folds:
        queries = {text.split(" ", 1)[1] for by in fold.queries.values() for texts in by.values() for text in texts}
        asked = {question.text.split(" ", 1)[1] for questions in fold.questions.values() for question in questions}
        assert queries and asked and not queries & asked


def test_each_language_of_a_fold_has_its_topics(tmp_path: Path) -> None:
    collection = bundled()
    collection.write(tmp_path)
    assert collection.topics_files() == [(language, f"topics-0-{language}.tsv") for language in LANGUAGES]
    for language, name in collection.topics_files():
        written = (tmp_path / name).read_text("utf-8").splitlines()
        assert [line.partition("\t")[0] for line in written] == [asked.id for asked in collection.questions[language]]
