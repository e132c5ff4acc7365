from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyserini_xqg.errors import MissingInput
from pyserini_xqg.storage.stamps import BLOCK, SPACING, stamps_of


def test_a_file_that_stays_as_it_is_keeps_its_stamp_and_another_has_another(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"x" * 100_000)
    (before,) = stamps_of([file])
    assert stamps_of([file]) == [before]
    time = file.stat().st_mtime_ns
    for at in (0, 50_000, 99_999):  # its beginning, its middle, its end
        content = bytearray(b"x" * 100_000)
        content[at] = 0
        file.write_bytes(content)
        os.utime(file, ns=(time, time))
        assert stamps_of([file]) != [before]
    file.write_bytes(b"x" * 100_000)
    os.utime(file, ns=(time, time + 1))
    assert stamps_of([file]) != [before]
    os.utime(file, ns=(time, time))
    assert stamps_of([file]) == [before]
    assert stamps_of([file.rename(tmp_path / "b.jsonl")]) != [before]


def test_an_empty_file_and_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert stamps_of([tmp_path / "empty"])[0][1] == 0
    with pytest.raises(MissingInput, match="nowhere: cannot be read"):
        stamps_of([tmp_path / "nowhere"])


def test_of_a_large_file_more_blocks_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "large"
    size = 9 * SPACING
    with file.open("wb") as handle:
        handle.truncate(size)  # takes no space
    (before,) = stamps_of([file])
    time = file.stat().st_mtime_ns
    with file.open("r+b") as handle:
        handle.seek((size - BLOCK) * 3 // 8)
        handle.write(b"x")
    os.utime(file, ns=(time, time))
    assert stamps_of([file]) != [before]
