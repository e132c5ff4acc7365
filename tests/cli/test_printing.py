from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pyserini_xqg.cli
from pyserini_xqg.cli._printing import print_values
from tests.conftest import call

# `show` sets texts in isolates of its own.
PRINTING = {"_printing.py", "show.py"}


def test_commands_print_nothing_that_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_values({"name": "a\x1b[2Jb", "counts": {"f\x1bi": 3}})
    assert capsys.readouterr().out == "name: a\\u001b[2Jb\ncounts: f\\u001bi 3\n"


def test_no_command_prints_by_itself() -> None:
    for file in Path(pyserini_xqg.cli.__file__).parent.rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
        prints = [found for found in calls if isinstance(found, ast.Name) and found.id == "print"]
        assert not prints or file.name in PRINTING, f"{file}: take `say`"


def test_messages_show_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("show", tmp_path / "no\x1b[2Jthing", "--id", "d0") == 4
    said = capsys.readouterr().err
    assert "no\\u001b[2Jthing: no such file" in said and "\x1b" not in said
