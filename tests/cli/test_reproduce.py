from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.reproduction.conditions import conditions
from pyserini_xqg.reproduction.page import last_runs, page
from tests.conftest import call
from tests.reproduction.test_running import runs, xor_tydi

__all__ = ["runs", "xor_tydi"]  # fixtures
PUBLISHED = "xor-tydi-published-runs"


def test_scores_that_do_not_hold_end_with_an_error(
    xor_tydi: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pyserini_xqg.reproduction.places.free_bytes", lambda folder: 10**15)
    given = ("--local", f"xor-tydi={xor_tydi}", "--local", f"published-runs={runs}", "--output", tmp_path / "work")
    assert call("reproduce", PUBLISHED, *given, "--record", tmp_path / "runs.json") == 6
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith("$ xqg evaluate")
    assert "mBERT xDR, R@2kt, ar: " in out and "(expected 41.10 +- 0.01: DOES NOT HOLD)" in out
    assert f"scores that do not hold: {PUBLISHED}" in err
    assert (tmp_path / "runs.json").exists()


def test_what_is_missing_ends_with_its_own_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("reproduce", "xor-tydi-zero-shot", "--output", tmp_path) == 3
    assert "nq: give a folder" in capsys.readouterr().err


def test_a_dry_run_prints_commands_and_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("reproduce", "--all", "--dry-run", "--output", tmp_path / "work") == 0
    out = capsys.readouterr().out
    assert out.count("$ python -m pyserini.search.faiss") >= 10
    assert "missing: nq: give a folder" in out
    assert not (tmp_path / "work").exists()


def test_all_runs_what_can_be_run_and_lists_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pyserini_xqg.reproduction.places.free_bytes", lambda folder: 10**9)
    few = {name: each for name, each in conditions().items() if each.disk}
    monkeypatch.setattr("pyserini_xqg.reproduction.conditions.conditions", lambda: few)
    assert call("reproduce", "--all", "--output", tmp_path) == 7
    out, err = capsys.readouterr()
    assert out.count(": not run: ") == len(few)
    assert f"{len(few)} of {len(few)} conditions were not run: {PUBLISHED}, " in err


def test_conditions_and_page_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("reproduce", "--list") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [*conditions()]
    assert call("reproduce", "--page") == 0
    assert capsys.readouterr().out == page(last_runs())


@pytest.mark.parametrize("given", [(), ("demo", "--all"), ("xquad",), ("demo", "--local", "mlqa=.")])
def test_what_cannot_be_asked_is_refused(given: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert call("reproduce", *given) == 2
    assert capsys.readouterr().err.startswith("xqg: ")
