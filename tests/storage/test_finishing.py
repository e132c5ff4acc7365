from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.errors import UsageError
from pyserini_xqg.storage.finishing import take, take_up, taken_folders


@pytest.fixture
def output(tmp_path: Path) -> Path:
    output = tmp_path / "out [1]"
    partial = tmp_path / "out [1].partial"
    partial.mkdir()
    (partial / "work").write_text("done")
    return output


def test_one_of_several_takes_the_folder_and_takes_it_up_again(output: Path, tmp_path: Path) -> None:
    taken = take(output, 3)
    assert taken_folders(output) == [taken] and (taken / "work").exists()
    with pytest.raises(FileNotFoundError):
        take(output, 4)
    take_up(output, 4)
    assert taken_folders(output) == [taken]
    (tmp_path / "out [1].partial").mkdir()  # by a run that came too late
    take_up(output, 3)
    assert taken_folders(output) == [] and (tmp_path / "out [1].partial" / "work").exists()
    take(output, 3)
    take_up(output)
    assert (tmp_path / "out [1].partial" / "work").exists()


def test_a_folder_that_is_there_too_is_named_and_nothing_is_lost(output: Path, tmp_path: Path) -> None:
    taken = take(output, 3)
    (tmp_path / "out [1].partial").mkdir()
    (tmp_path / "out [1].partial" / "work").write_text("half")
    with pytest.raises(UsageError, match=r"remove .*out \[1\]\.partial when no process is at work"):
        take_up(output)
    assert (taken / "work").read_text() == "done"
