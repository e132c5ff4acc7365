from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.errors import InvalidInput, UsageError
from pyserini_xqg.evaluation.evaluate import RunFiles, evaluate_files
from pyserini_xqg.evaluation.files.xor_retrieve import Prediction, read_predictions
from tests.conftest import write_lines


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    """Two questions; the run `new` has both right, `old` the first."""
    for name, ranked in (("old", (("q1", "d1"), ("q2", "d9"))), ("new", (("q1", "d1"), ("q2", "d2")))):
        lines = (f"{question} Q0 {passage} 1 1 x\n" for question, passage in ranked)
        (tmp_path / name).write_text("".join(lines))
    (tmp_path / "qrels").write_text("q1 0 d1 1\nq2 0 d2 1\n")
    write_lines(tmp_path / "corpus", ({"id": f"d{n}", "text": f"word{n}"} for n in (1, 2, 9)))
    write_lines(tmp_path / "gold", ({"id": f"q{n}", "lang": "fi", "answers": [f"word{n}"]} for n in (1, 2)))
    return {"runs": {name: tmp_path / name for name in ("old", "new")}}


def test_one_report_a_measure_in_their_order(files: dict[str, Any], tmp_path: Path) -> None:
    given = files | {"qrels": tmp_path / "qrels", "gold": tmp_path / "gold", "corpus": tmp_path / "corpus"}
    reports = evaluate_files(RunFiles(**given, measures=["R@2kt,RR@10"]))
    assert [report.measure for report in reports] == ["R@2kt", "RR@10"]
    for report in reports:
        assert (report.baseline, report.questions) == ("old", {"fi": 2})
        assert report.values == {"old": {"fi": 0.5}, "new": {"fi": 1.0}}
        assert report.difference("new", "old").rows["fi"].difference == 0.5


def test_measures_by_what_is_given(files: dict[str, Any], tmp_path: Path) -> None:
    of_qrels = evaluate_files(RunFiles(**files, qrels=tmp_path / "qrels"))
    assert [report.measure for report in of_qrels] == ["Success@1", "RR@10"]
    assert of_qrels[0].questions == {"all": 2}
    of_gold = evaluate_files(RunFiles(**files, gold=tmp_path / "gold", corpus=tmp_path / "corpus"))
    assert [report.measure for report in of_gold] == ["R@2kt", "R@5kt"]


def test_a_run_is_written_as_predictions(files: dict[str, Any], tmp_path: Path) -> None:
    given = files | {"gold": tmp_path / "gold", "corpus": tmp_path / "corpus", "exports": {"new": tmp_path / "p.json"}}
    evaluate_files(RunFiles(**given))
    expected = [Prediction("q1", "fi", ["word1"]), Prediction("q2", "fi", ["word2"])]
    assert read_predictions(tmp_path / "p.json") == expected


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"runs": {}}, "there is no run"),
        ({}, "nothing to score by"),
        ({"gold": "gold"}, "the corpus"),
        ({"gold": "gold", "corpus": "corpus", "measures": ["RR@10"]}, "RR@10 needs qrels"),
        ({"qrels": "qrels", "measures": ["R@2kt"]}, "needs the answers"),
        ({"qrels": "qrels", "baseline": "other"}, "there is no run 'other'"),
        ({"qrels": "qrels", "exports": {"new": Path("p.json")}}, "the corpus"),
    ],
)
def test_what_does_not_go_together(files: dict[str, Any], tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    named = {name: tmp_path / value if isinstance(value, str) else value for name, value in changed.items()}
    named |= {name: value for name, value in changed.items() if name == "baseline"}
    with pytest.raises(UsageError, match=said):
        evaluate_files(RunFiles(**files | named))


def test_topics_of_other_questions_are_refused(files: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "topics").write_text("x\twhat?\n")
    with pytest.raises(InvalidInput, match="none of the questions of the topics is judged"):
        evaluate_files(RunFiles(**files, qrels=tmp_path / "qrels", topics=[("fi", tmp_path / "topics")]))
