from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.training.data.batches import EpochBatches, Place
from pyserini_xqg.training.data.generated import AddedRows, generated_queries, queries_of_positives
from tests.conftest import write_lines


def passage(number: int) -> Passage:
    return Passage(f"d{number}", f"text {number}")


EXAMPLES = [TrainingExample(f"q{number}", f"question {number}", "fi", (passage(number // 2),)) for number in range(40)]
QUERIES = {
    f"text {number}": {"fi": (f"fi {number}",), "ru": (f"ru {number} a", f"ru {number} b")} for number in range(20)
}


def asked(rows: AddedRows, epoch: int) -> list[tuple[str, str, str]]:
    """Question, its language and its passage, of an epoch."""
    of_epoch = [rows[place] for place in rows.order(epoch)]
    return [(row.example.question, row.example.language, row.passages[0].text) for row in of_epoch]


@pytest.mark.parametrize(("share", "added"), [(0.5, 40), (0.2, 10), (0.001, 0)])
def test_every_question_is_asked_and_a_share_of_generated_ones(share: float, added: int) -> None:
    rows = AddedRows(EXAMPLES, 0, 0, QUERIES, share)
    assert len(rows) == 40 + added
    for epoch in range(3):
        found = asked(rows, epoch)
        people = {question: text for question, _, text in found if question.startswith("question")}
        assert people == {example.question: example.positives[0].text for example in EXAMPLES}
        generated = [each for each in found if not each[0].startswith("question")]
        assert len(generated) == added
        for question, language, text in generated:
            assert question in QUERIES[text][language]
    assert rows.added_counts["questions an epoch"] == added


def test_each_epoch_draws_others_and_each_language_as_often() -> None:
    rows = AddedRows(EXAMPLES, 0, 0, QUERIES, 0.2)
    drawn = [
        [(question, language) for question, language, _ in asked(rows, epoch) if not question.startswith("question")]
        for epoch in range(60)
    ]
    assert len({frozenset(each) for each in drawn}) == 60
    languages = Counter(language for each in drawn for _, language in each)
    assert languages["fi"] == pytest.approx(300, abs=50)
    assert {question for each in drawn for question, _ in each} == {
        text for queries in QUERIES.values() for texts in queries.values() for text in texts
    }
    again = AddedRows(EXAMPLES, 0, 0, QUERIES, 0.2)
    assert asked(again, 7) == asked(rows, 7)
    assert asked(AddedRows(EXAMPLES, 0, 1, QUERIES, 0.2), 7) != asked(rows, 7)


def test_a_generated_question_is_in_no_step_with_one_of_its_passage() -> None:
    rows = AddedRows(EXAMPLES, 0, 0, QUERIES, 0.5)
    batches = EpochBatches(rows, 8)
    assert len(batches) == 10
    for step in batches.steps():
        texts = [rows[place].passages[0].text for place in step]
        assert len(set(texts)) == len(texts)


def test_only_the_passage_that_was_read_is_the_answer_and_hard_negatives_stay() -> None:
    example = TrainingExample("q", "question", "fi", (passage(1), passage(2)), (passage(8), passage(9)))
    rows = AddedRows([example], 2, 0, {"text 2": {"sw": ("swali",)}}, 0.5)
    for epoch in range(5):
        (row,) = [rows[place] for place in rows.order(epoch) if place.number]
        assert [each.text for each in row.passages[:1]] == ["text 2"]
        assert {each.text for each in row.passages[1:]} == {"text 8", "text 9"}
        assert (row.example.question, row.example.language, row.example.english) == ("swali", "sw", None)


def test_where_few_have_any_each_gets_one_and_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        rows = AddedRows(EXAMPLES, 0, 0, {"text 3": {"fi": ("fi 3",)}}, 0.4)
    assert len(rows) == 42
    assert Counter(text for question, _, text in asked(rows, 0) if question == "fi 3") == {"text 3": 2}
    assert "2 of an epoch's questions are generated and not 0.4 of them, because only 2 of 40 questions" in caplog.text
    assert rows.added_counts == {"questions an epoch": 2, "positives with some": 1, "queries": {"fi": 1}}


def test_other_queries_or_another_share_are_another_training() -> None:
    contents = {
        AddedRows(EXAMPLES, 0, 0, queries, share).added_content
        for queries in (QUERIES, {**QUERIES, "text 3": {"fi": ("other",)}})
        for share in (0.2, 0.3)
    }
    assert len(contents) == 4
    assert AddedRows(EXAMPLES, 0, 0, QUERIES, 0.2).added_content in contents


def test_all_positives_are_looked_up_and_those_without_queries_left_out(tmp_path: Path) -> None:
    both = TrainingExample("q", "question", "fi", (passage(1), passage(2), passage(3)))
    records = [{"id": f"d{number}", "queries": {"fi": [f"fi {number}"] * bool(number - 3)}} for number in (2, 3, 4)]
    file = write_lines(tmp_path / "queries.jsonl", records)
    assert queries_of_positives([both, both], [file], None) == {"text 2": {"fi": ("fi 2",)}}
    place = Place(0, 1)
    assert AddedRows([both], 0, 0, {"text 2": {"fi": ("fi 2",)}}, 0.5).positive(place) == passage(2)


def test_queries_are_found_by_id_or_by_the_text_of_their_corpus(tmp_path: Path) -> None:
    positives = [Passage("x1", "old stone", "bridge"), Passage("x2", "new tree"), Passage("x3", "last queen")]
    first = write_lines(
        tmp_path / "q1.jsonl",
        [{"id": "c1", "queries": {"fi": ["a", "b"]}}, {"id": "x2", "queries": {"fi": [], "ru": ["x"]}}],
    )
    second = write_lines(tmp_path / "q2.jsonl", [{"id": "c1", "queries": {"fi": ["b", "c"], "sw": ["d"]}}])
    corpus = write_lines(
        tmp_path / "corpus.jsonl",
        [{"id": "c1", "text": "old stone"}, {"id": "x2", "text": "other"}, {"id": "c3", "text": "last queen"}],
    )
    both = (str(first), str(second))
    assert generated_queries(positives, both) == [{}, {"ru": ("x",)}, {}]
    assert generated_queries(positives, both, str(corpus)) == [{"fi": ("a", "b", "c"), "sw": ("d",)}, {}, {}]
    assert generated_queries(positives, ()) == [{}, {}, {}]
    with pytest.raises(InvalidInput, match=r"none of the 3 positives .* id \(theirs: x1, ...\).*--queries-corpus"):
        generated_queries(positives, (str(second),))
    with pytest.raises(InvalidInput, match="give --generated-corpus too"):
        generated_queries(positives, (str(second),), corpus_option="--generated-corpus")
