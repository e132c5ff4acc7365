"""What ``.ci`` names is there: with several processes, pytest only says of a missing file that no tests ran."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("script", ["run", "lowest"])
def test_files_that_ci_tests_are_there(script: str) -> None:
    named = re.findall(r"\btests/[\w./]+", (ROOT / ".ci" / script).read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
