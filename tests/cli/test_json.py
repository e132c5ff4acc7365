"""``--json``: what a command finds or makes is one JSON object on standard output, whatever else it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.cli._printing import print_result
from pyserini_xqg.options.result import Result
from tests.conftest import call


def test_text_or_json_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"index": Path("here"), "passages": 12345, "seconds": 7200, "rr@10": 0.5, "dropped": {"ar": {"empty": 2}}}
    print_result(Result(values))
    assert capsys.readouterr().out.splitlines() == [
        *("index: here", "passages: 12,345", "time: 2.00 h", "rr@10: 0.5000", "dropped: ar (empty 2)"),
    ]
    print_result(Result(values, "as it is read"))
    assert capsys.readouterr().out == "as it is read\n"
    print_result(Result(values, "as it is read", as_json=True))
    assert json.loads(capsys.readouterr().out) == {**values, "index": "here"}
    print_result(Result({}, "", as_json=True))  # of a process that is one of several
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_commands_print_one_object(
    corpus: Path, queries: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(*command: object) -> dict[str, Any]:
        assert call(*command, "--json") == 0
        values: dict[str, Any] = json.loads(capsys.readouterr().out)
        return values

    kept, grid = tmp_path / "kept", tmp_path / "grid"
    given = ("--corpus", corpus, "--queries", queries, "--encoder", tiny_model, "--aggregate", "mean", "--alpha", "0.3")
    assert found("index", *given, "--output", kept, "--dry-run")["passages"] == 23
    made = found("index", *given, "--output", kept, "--keep-vectors")
    assert made["index"] == str(kept) and made["passages"] == 23
    assert found("augment", "--index", kept, "--output", tmp_path / "other", "--alpha", "0.1")["passages"] == 23
    shown = found("show", queries, "--id", "d5", "--corpus", corpus)
    assert shown["passage"]["id"] == "d5" and {*shown["queries"]} == {"fi", "ru"}
    assert found("encoder", "--encoder", tiny_model, "--output", tmp_path / "e")["settings"]["pooling"] == "cls"
    assert found("records", "--corpus", corpus, "--queries", queries, "--output", tmp_path / "r.jsonl")["records"]

    topics, qrels, run = tmp_path / "fi.tsv", tmp_path / "qrels.txt", tmp_path / "run.txt"
    texts = json.loads(queries.read_text(encoding="utf-8").splitlines()[0])["queries"]["fi"]
    topics.write_text(f"q1\t{texts[0]}\nq2\t{texts[0]} vuori\n", encoding="utf-8")
    qrels.write_text("q1 0 d0 1\nq2 0 d1 1\n", encoding="utf-8")
    run.write_text("q1 Q0 d0 1 2.0 x\nq2 Q0 d0 1 2.0 x\n", encoding="utf-8")
    scored = found("evaluate", "--run", f"mine={run}", "--qrels", qrels, "--topics", f"fi={topics}")
    assert {report["values"]["mine"]["fi"] for report in scored.values()} <= {0.5}
    asked = ("--index", kept, "--topics", f"fi={topics}", "--qrels", qrels, "--folds", "2", "--output", grid)
    swept = found("sweep", *asked, "--alpha", "0,0.3", "--build", tmp_path / "best")
    assert swept["points"] == 2 and [Path(folder).is_dir() for folder in swept["built"]]
    page = found("report", "--sweep", grid, "--output", tmp_path / "report")
    assert tmp_path / "report" / "report.html" in map(Path, page["files"])
