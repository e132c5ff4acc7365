from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.evaluation.evaluate import RunFiles, evaluate_files
from pyserini_xqg.reporting.changes import questions
from pyserini_xqg.reporting.changes.questions import ChangedGroup, changed_questions
from tests.reporting.conftest import ARABIC, Material


def changed(runs: RunFiles, queries: Path | None = None, limit: int = 4) -> list[ChangedGroup]:
    return changed_questions(evaluate_files(runs), runs, queries, limit)


def test_the_questions_of_each_run_and_language(material: Material) -> None:
    found = changed(material.runs(), material.folder / "generated.jsonl")
    assert [(each.run, each.baseline, each.language) for each in found] == [("xqg", "plain", x) for x in ("fi", "ar")]
    finnish, arabic = found
    assert (finnish.won, finnish.lost) == (12, 2)
    assert [(each.id, each.won) for each in finnish.questions] == [
        ("fi8", True),
        ("fi9", True),
        ("fi2", False),
        ("fi3", False),
    ]
    first = arabic.questions[0]
    assert first.values == [("Success@1", 0.0, 1.0), ("RR@10", 0.5, 1.0)]
    assert first.text is not None
    assert (first.text.text, first.text.language, first.text.direction) == (f"{ARABIC} 8", "ar", "rtl")


def test_fewer_are_shown_where_there_are_many_runs_and_languages(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = material.runs()
    assert [len(each.questions) for each in changed_questions(evaluate_files(runs), runs, None)] == [10, 10]
    monkeypatch.setattr(questions, "IN_ALL", 7)
    assert [len(each.questions) for each in changed_questions(evaluate_files(runs), runs, None)] == [3, 3]
    monkeypatch.setattr(questions, "IN_ALL", 1)
    assert [len(each.questions) for each in changed_questions(evaluate_files(runs), runs, None)] == [1, 1]
    assert [len(each.questions) for each in changed(runs, limit=99)] == [14, 14]  # what is asked for is shown


def test_a_control_with_a_control_of_its_own_is_shown(material: Material) -> None:
    (material.folder / "both.txt").write_bytes((material.folder / "xqg.txt").read_bytes())
    runs = {name: material.folder / f"{name}.txt" for name in ("plain", "xqg", "shuffled", "both")}
    found = changed(material.runs(runs=runs, controls=[("shuffled", "xqg"), ("xqg", "both")]))
    assert [each.run for each in found] == ["xqg", "xqg", "both", "both"]
