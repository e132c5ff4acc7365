from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.cli._renamed import RENAMED, with_new_names
from tests.cli.test_cli import PATHS, options_of
from tests.conftest import call

OLD_NAMES = [(path, old, new) for path, names in RENAMED.items() for old, new in names.items()]


@pytest.mark.parametrize(("path", "old", "new"), OLD_NAMES)
def test_an_old_name_stands_for_an_option_that_is_there_and_is_hidden(
    path: tuple[str, ...], old: str, new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new in options_of(PATHS[path])
    assert old not in options_of(PATHS[path])
    assert with_new_names(path, [*path, old, "a", f"{old}=b", "--other"]) == [*path, new, "a", f"{new}=b", "--other"]
    assert capsys.readouterr().err == f"xqg: {old} is called {new} now\n" * 2
    assert with_new_names(path, [*path, old, "a", "--quiet"]) == [*path, new, "a", "--quiet"]
    assert with_new_names(("index",), [old, "a"]) == [old, "a"]
    assert capsys.readouterr().err == ""


def test_a_command_line_with_an_old_name_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--corpus", tmp_path / "nowhere", "--language", "fi", "--output", tmp_path / "out")
    assert call("generate", *given, "--filter", "0.5") == 4
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "xqg: --filter is called --keep now"
    assert "nowhere" in said[1] and len(said) == 2


@pytest.mark.parametrize("given", [("--format", "json"), ("--format=json",)])
def test_json_was_a_value_of_an_option(given: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert with_new_names(("evaluate",), ["evaluate", *given, "--run", "a=b"]) == ["evaluate", "--json", "--run", "a=b"]
    assert capsys.readouterr().err == "xqg: --format json is called --json now\n"
    assert with_new_names(("align",), ["align", "--format", "tsv"]) == ["align", "--format", "tsv"]
    assert capsys.readouterr().err == ""
