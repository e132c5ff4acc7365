from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.options.quiet import silenced
from tests.conftest import call


def shout(text: str) -> None:
    """Write to standard error in all ways there are."""
    print(text, file=sys.stderr)
    logging.getLogger("pyserini_xqg").warning(text)
    os.write(2, f"{text}\n".encode())
    subprocess.run([sys.executable, "-c", f"import sys; print({text!r}, file=sys.stderr)"], check=True)


def test_nothing_is_heard_but_results_and_what_comes_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("pyserini_xqg").addHandler(handler := logging.StreamHandler(sys.stderr))
    try:
        with pytest.raises(UsageError), silenced():
            shout("within")
            print("a result")
            raise UsageError("wrong")
        assert tuple(capfd.readouterr()) == ("a result\n", "")
        shout("afterwards")
        assert capfd.readouterr().err.count("afterwards") == 4
    finally:
        logging.getLogger("pyserini_xqg").removeHandler(handler)


def test_a_quiet_command_prints_its_results_and_its_errors(
    corpus: Path, queries: Path, tiny_model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = ("index", "--queries", queries, "--encoder", tiny_model, "--output", tmp_path / "out", "--device", "cpu")
    assert call(*given, "--corpus", corpus, "--quiet") == 0
    said = capfd.readouterr()
    assert "passages: 23" in said.out
    assert said.err == ""
    assert call(*given, "--corpus", tmp_path / "nowhere", "--quiet") == 4
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", f"xqg: {tmp_path / 'nowhere'}: no such file or folder\n")
    assert call(*given, "--corpus", corpus) == 0
    assert "checking" in capfd.readouterr().err
