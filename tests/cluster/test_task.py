from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.cluster.task import CommandTask, without_options
from pyserini_xqg.errors import InvalidInput, XqgError


def test_options_go_with_their_values_and_the_others_stay() -> None:
    words = ["index", "--tasks", "3", "--json", "--encoder", "a b", "--executor=local", "--tasks-more", "x"]
    assert without_options(words, ("--tasks", "--executor"), ("--json",)) == [
        *("index", "--encoder", "a b", "--tasks-more", "x")
    ]


def test_each_task_has_its_share_and_devices_are_dealt_out_in_turn() -> None:
    task = CommandTask(
        ("index", "--device", "cuda", "--part-size", "8"), "shard", ".", ".", devices=("cuda:0", "cuda:1")
    )
    assert [task.words(rank, 3)[-4:] for rank in range(3)] == [
        ["--shard", f"{number}/3", "--device", device]
        for number, device in ((1, "cuda:0"), (2, "cuda:1"), (3, "cuda:0"))
    ]
    assert task.words(0, 3)[:3] == ["index", "--part-size", "8"]
    assert CommandTask(("index",), "finish", ".", ".").words(0, 1) == ["index", "--finish"]


@pytest.mark.slow
@pytest.mark.parametrize("raises", [True, False])
def test_a_process_that_fails_leaves_what_it_said_and_its_exit_code(tmp_path: Path, raises: bool) -> None:
    task = CommandTask(("index", "--output", "o"), "shard", str(tmp_path), str(tmp_path), raises=raises)
    said = "shard-2-of-3 ended with 2: xqg: --corpus is missing"
    if raises:
        with pytest.raises(XqgError, match=said) as caught:
            task(None, 1, 3)
        assert caught.value.exit_code == 2 != InvalidInput.exit_code
    else:
        task(None, 1, 3)
    assert (tmp_path / "shard-2-of-3.failed").read_text().startswith(f"2 {said}")
