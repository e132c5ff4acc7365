"""Commands as several processes of this machine; slurm.sh and ray_nodes.py do it under Slurm and on Ray."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from pyserini_xqg.cli import _launching
from pyserini_xqg.errors import UsageError
from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings
from tests.conftest import call
from tests.fixtures.parts import markers
from tests.fixtures.processes import _run_modules, run_modules, start
from tests.indexing.helpers import files_of

pytest.importorskip("datatrove", reason="the extra cluster is not installed; it is none of dev")


def process_of(*words: str) -> int | None:
    """The number of a process that was started with these words."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            told = (place / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if set(words) <= set(told) and "--executor" not in told:
            return int(place.name)
    return None


@pytest.mark.slow
def test_a_share_that_is_killed_is_named_and_any_number_of_others_go_on(
    tiny_sentence_model: Path, corpus: Path, queries: Path, tmp_path: Path
) -> None:
    whole, output = tmp_path / "whole", tmp_path / "out"
    settings = AugmentationSettings(alpha=0.2)
    XqgIndexBuilder(str(tiny_sentence_model), settings, device="cpu", part_size=1).build(corpus, queries, whole)
    command = [
        *("pyserini_xqg", "index", "--corpus", corpus, "--queries", queries, "--encoder", tiny_sentence_model),
        *("--alpha", "0.2", "--part-size", "1", "--device", "cpu", "--output", output, "--executor", "local"),
        "--tasks",
    ]
    errors = tmp_path / "errors"
    process = start(_run_modules, [list(map(str, [*command, 2]))], output=tmp_path / "printed", errors=errors)
    while process.exitcode is None and (found := process_of("--shard", "2/2", str(output))) is None:
        time.sleep(0.01)
    os.kill(found, signal.SIGKILL)
    process.join(300)
    assert process.exitcode == 1 and "xqg: shard-2-of-2 ended with -9" in errors.read_text()
    assert 0 < len(markers(tmp_path / "out.partial")) < 23
    assert not output.exists()
    run_modules([[*command, 1]], tmp_path / "printed", errors)
    assert files_of(output) == files_of(whole)
    assert sorted(file.name for file in tmp_path.glob("out*")) == ["out"]


def test_cuda_means_all_gpus_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    launched = []

    class Seen(_launching.Launch):
        def run(self) -> dict[str, object]:
            launched.append((self.settings.executor, self.device))
            return {}

    monkeypatch.setattr(_launching, "Launch", Seen)
    for gpus, device, shard, expected in (
        (("cuda:0", "cuda:1"), "cuda", None, [("local", "cuda")]),
        (("cuda:0", "cuda:1"), "cuda:1", None, []),
        (("cuda:0", "cuda:1"), "cuda", "1/2", []),
        (("cuda:0",), "cuda", None, []),
    ):
        launched.clear()
        monkeypatch.setattr(_launching, "cuda_devices", lambda found=gpus: found)
        _launching.launched({}, tmp_path / "out", device, {"--shard": shard}, prepares=True)
        assert launched == expected
    with pytest.raises(UsageError, match="--shard and --executor: one of them"):
        _launching.launched({"executor": "local"}, tmp_path, None, {"--shard": "1/2"}, prepares=True)


def test_what_is_wrong_is_said_once_with_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("index", "--corpus", "c", "--encoder", "e", "--output", str(tmp_path / "o"), "--shard", "3/2") == 2
    assert "shard is 3/2: K/N with K from 1 to N is expected" in capsys.readouterr().err
