from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.evaluate import RunFiles, evaluate_files
from pyserini_xqg.reporting.changes.questions import ChangedGroup, changed_questions
from tests.conftest import write_lines
from tests.reporting.conftest import COUNT, Material


def changed(runs: RunFiles, queries: Path | None = None, limit: int = 4) -> list[ChangedGroup]:
    return changed_questions(evaluate_files(runs), runs, queries, limit)


def test_passages_before_and_after_with_their_queries(material: Material) -> None:
    question = changed(material.runs(), material.folder / "generated.jsonl")[1].questions[0]
    before, after = question.passages
    assert (before.id, before.roles, before.relevant, before.ranks) == ("d9", ["first of plain"], False, "")
    assert (after.id, after.roles, after.relevant) == ("d8", ["first of xqg"], True)
    assert after.ranks == "rank 2 of plain; rank 1 of xqg"
    assert after.title is not None and after.title.text == "River 8"
    assert [(each.name, each.own) for each in after.queries] == [
        ("Arabic (ar)", True),
        ("Finnish (fi)", False),
        ("Urdu (ur)", False),
    ]
    assert [each.texts[0].direction for each in after.queries] == ["rtl", "auto", "rtl"]


def test_a_relevant_passage_that_neither_has_first_is_shown(material: Material) -> None:
    lines = [f"{language}{n} 0 d{(n + 5) % COUNT} 1" for language in ("fi", "ar") for n in range(COUNT)]
    qrels = material.folder / "other.txt"
    qrels.write_text("\n".join([*lines, "fi0 0 d0 1"]))
    runs = material.runs(qrels=qrels, runs={"plain": material.folder / "plain.txt", "xqg": material.folder / "f.txt"})
    (material.folder / "f.txt").write_text("fi0 Q0 d3 1 1 x\nfi0 Q0 d7 2 0 x\nfi0 Q0 d5 3 0 x\n")
    (question,) = [
        each
        for group in changed(RunFiles(runs.runs, qrels=qrels, corpus=runs.corpus))
        for each in group.questions
        if each.id == "fi0"
    ]
    assert [(each.id, each.relevant, each.ranks) for each in question.passages] == [
        ("d1", False, ""),
        ("d3", False, ""),
        ("d5", True, "not among the 2 of plain; rank 3 of xqg"),
        ("d0", True, "rank 2 of plain; not among the 3 of xqg"),
    ]


def test_without_corpus_topics_and_queries_there_are_ids(material: Material) -> None:
    (group,) = changed(material.runs(corpus=None, topics=[]))
    question = group.questions[0]
    assert (group.language, question.text, question.passages[0].text) == ("all", None, None)
    assert question.passages[0].queries == []


def test_a_corpus_without_the_first_passages_is_refused(material: Material) -> None:
    other = write_lines(material.folder / "other.jsonl", [{"id": "d8", "text": "x"}])
    with pytest.raises(InvalidInput, match="first passages are not in it, d10"):
        changed(material.runs(corpus=other))


def test_predictions_have_texts_and_gold_has_answers(material: Material) -> None:
    gold = ({"id": f"q{n}", "question": f"ما {n}؟", "answers": ["Niger"], "lang": "ar"} for n in range(3))
    write_lines(material.folder / "gold.jsonl", gold)
    for name, said in (("old", "nothing"), ("new", "The Niger <b>")):
        answers = ",".join(f'{{"id": "q{n}", "lang": "ar", "ctxs": ["{said} {n}"]}}' for n in range(3))
        (material.folder / f"{name}.json").write_text(f"[{answers}]")
    predictions = {name: material.folder / f"{name}.json" for name in ("old", "new")}
    runs = RunFiles({}, predictions, gold=material.folder / "gold.jsonl", measures=["R@2kt"])
    (group,) = changed(runs)
    question = group.questions[0]
    assert [each.text.text for each in question.passages if each.text] == ["nothing 0", "The Niger <b> 0"]
    assert [each.text for each in question.answers] == ["Niger"]
    assert question.text is not None and question.text.direction == "rtl"
