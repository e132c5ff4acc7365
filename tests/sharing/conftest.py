"""A hub in this process, to write to and to read from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyserini_xqg.encoding.hub import hub_fault
from tests.fixtures.hub import standing_in


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, bytes], list[str]]]:
    """The files on the hub, and what was asked for."""
    files: dict[str, bytes] = {}
    with standing_in(files, tmp_path / "hub", monkeypatch) as (_, asked):
        hub_fault.cache_clear()
        yield files, asked
        hub_fault.cache_clear()
