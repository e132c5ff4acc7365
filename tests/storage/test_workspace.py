from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pyserini_xqg.errors import MissingInput, UsageError, XqgError
from pyserini_xqg.storage.manifest import MANIFEST, Manifest, package_versions
from pyserini_xqg.storage.workspace import (
    Workspace,
    alone,
    already_made,
    partial_folder,
    put_in_place,
    shared_folder,
    working_folder,
)

IDENTITY: dict[str, Any] = {"settings": {"alpha": 0.1, "encoder": {"model": "m"}}, "inputs": {"corpus": "abc"}}
OTHER: dict[str, Any] = {"settings": {"alpha": 0.2, "encoder": {"model": "m"}}, "inputs": {"corpus": "abc"}}
NOBODY = 65534


def made(output: Path, identity: dict[str, Any] = IDENTITY) -> Manifest:
    with working_folder(output) as folder:
        workspace = Workspace(output, identity)
        (folder / "index").write_text("vectors")
        workspace.record()
        manifest = Manifest("index", identity["settings"], identity["inputs"], {"passages": 3})
        workspace.finish(manifest)
    return manifest


def test_a_finished_artifact_is_whole_and_its_partial_folder_is_gone(tmp_path: Path) -> None:
    output = tmp_path / "deeper" / "made"
    manifest = made(output)
    assert [path.name for path in output.parent.iterdir()] == ["made"]
    assert {path.name for path in output.iterdir()} == {"index", MANIFEST}
    assert Manifest.read(output) == manifest
    assert manifest.packages["pyserini-xqg"] == package_versions()["pyserini-xqg"]


def test_nothing_is_at_the_output_before_the_end(tmp_path: Path) -> None:
    output = tmp_path / "made"
    with pytest.raises(RuntimeError, match="stopped"), working_folder(output) as folder:
        Workspace(output, IDENTITY).record()
        (folder / "index").write_text("half")
        raise RuntimeError("stopped")
    assert not output.exists()
    assert partial_folder(output) == tmp_path / "made.partial"
    assert (tmp_path / "made.partial" / "index").read_text() == "half"
    made(output)
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_the_manifest_is_there_when_the_folder_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "made"
    seen: list[tuple[str, bool]] = []
    replace = Path.replace

    def watched(source: Path, target: Path) -> Path:
        seen.append((Path(target).name, (source / MANIFEST).exists()))
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", watched)
    made(output)
    assert seen[-2:] == [(MANIFEST, False), ("made", True)]


def test_an_empty_folder_at_the_output_is_taken(tmp_path: Path) -> None:
    output = tmp_path / "made"
    output.mkdir()
    assert not already_made(output, IDENTITY)
    made(output)
    assert already_made(output, IDENTITY)


def test_a_workspace_goes_on_where_it_was_recorded(tmp_path: Path) -> None:
    output = tmp_path / "made"
    with working_folder(output):
        first = Workspace(output, IDENTITY)
        assert first.notes == {}
        first.record(queries={"fi": 3}, mean=[0.5])
        first.record(queries={"fi": 5})
    with working_folder(output):
        second = Workspace(output, IDENTITY)
        assert second.notes == {"queries": {"fi": 5}, "mean": [0.5]}


def test_the_step_that_an_earlier_version_recorded_is_read(tmp_path: Path) -> None:
    with working_folder(tmp_path / "made") as folder:
        values = {"identity": IDENTITY, "parts_done": 40, "notes": {"parallel": {}}}
        (folder / "progress.json").write_text(json.dumps(values))
        workspace = Workspace(tmp_path / "made", IDENTITY)
        assert workspace.notes == {"parallel": {}, "step": 40}
        workspace.record(step=50)
        assert Workspace(tmp_path / "made", IDENTITY).notes["step"] == 50


def test_unfinished_work_with_other_settings_is_named_with_both_values(tmp_path: Path) -> None:
    output = tmp_path / "made"
    with working_folder(output):
        Workspace(output, IDENTITY).record()
        with pytest.raises(UsageError) as caught:
            Workspace(output, OTHER)
    assert str(caught.value).startswith(f"{output}.partial holds an unfinished run with other settings")
    assert "settings.alpha was 0.1, now 0.2." in str(caught.value)
    assert "model" not in str(caught.value)


def test_a_workspace_without_a_record_takes_any_settings(tmp_path: Path) -> None:
    output = tmp_path / "made"
    with working_folder(output):
        Workspace(output, IDENTITY)
        assert Workspace(output, OTHER).notes == {}


@pytest.mark.parametrize("identity", [IDENTITY, OTHER])
def test_the_same_artifact_is_recognised_and_another_named(tmp_path: Path, identity: dict[str, Any]) -> None:
    output = tmp_path / "made"
    assert not already_made(output, IDENTITY)
    made(output, identity)
    if identity is IDENTITY:
        assert already_made(output, IDENTITY)
    else:
        with pytest.raises(UsageError, match=r"made with other settings or inputs: settings\.alpha was 0\.2, now 0\.1"):
            already_made(output, IDENTITY)


def test_what_is_no_artifact_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").touch()
    (tmp_path / "file").touch()
    for name in ("folder", "file"):
        with pytest.raises(UsageError, match=rf"{name} is there and is no artifact of xqg"):
            already_made(tmp_path / name, IDENTITY)


def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    output = tmp_path / "made"
    program = (
        "import sys, time; from pathlib import Path; from pyserini_xqg.storage.workspace import working_folder\n"
        "with working_folder(Path(sys.argv[1])): print('in', flush=True); time.sleep(120)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(output)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        with pytest.raises(UsageError, match=r"another run is at work on .*made: wait for it"), working_folder(output):
            raise AssertionError("two runs at once")
        other.kill()
        other.wait()
    # The lock of a killed run is free.
    made(output)


def test_a_lock_is_had_by_one_and_goes_when_it_is_let_go(tmp_path: Path) -> None:
    place = tmp_path / "made"
    with alone(place) as mine:
        assert mine
        assert [file.name for file in tmp_path.iterdir()] == ["made.lock"]
        with alone(place, wait=False) as another:
            assert not another
        assert (tmp_path / "made.lock").exists()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RuntimeError), alone(place):
        raise RuntimeError
    with alone(place, wait=False) as mine:
        assert mine


@pytest.mark.slow
def test_whoever_waits_for_a_lock_gets_it_alone(tmp_path: Path) -> None:
    """The file of the lock goes and comes all the time; nobody may hold one that went."""

    def work() -> None:
        end = time.monotonic() + 1
        while time.monotonic() < end:
            with alone(tmp_path / "place"):
                os.close(os.open(tmp_path / "inside", os.O_CREAT | os.O_EXCL))
                (tmp_path / "inside").unlink()

    processes = [multiprocessing.get_context("fork").Process(target=work) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_run_is_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from pyserini_xqg.storage.workspace import alone\n"
            "with alone(Path(sys.argv[1])): print('in', flush=True); time.sleep(120)",
            str(tmp_path / "made"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        with alone(tmp_path / "made", wait=False) as mine:
            assert not mine
        other.kill()
        other.wait()
    assert (tmp_path / "made.lock").exists()
    with alone(tmp_path / "made") as mine:
        assert mine
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_artifact_gives_way(tmp_path: Path) -> None:
    output = tmp_path / "made"
    made(output)
    (tmp_path / "made.xqg-earlier").mkdir()  # of a run that was stopped
    with shared_folder(output) as folder:
        (folder / "new").touch()
        (folder / "part-0.0123456789abcdef.tmp").touch()  # of a process that was killed
        Manifest("index", {"alpha": 0.9}).write(folder)
    put_in_place(output)
    assert [file.name for file in tmp_path.iterdir()] == ["made"]
    assert {file.name for file in output.iterdir()} == {"new", MANIFEST}
    assert Manifest.read(output).settings == {"alpha": 0.9}


def test_a_full_disk_is_named_in_a_shared_folder_too(full_disk: Path) -> None:
    with (
        pytest.raises(XqgError, match=r"no space is left for .*made\.partial; free some"),
        shared_folder(full_disk / "made") as folder,
    ):
        (folder / "index").write_bytes(b"x" * 100_000)


def test_a_full_disk_says_what_to_do(full_disk: Path) -> None:
    output = full_disk / "made"
    with pytest.raises(XqgError) as caught, working_folder(output) as folder:
        (folder / "index").write_bytes(b"x" * 100_000)
    assert type(caught.value) is XqgError
    assert str(caught.value).startswith(f"no space is left for {output}.partial; free some and run the same command")


def test_where_nothing_may_be_written_is_missing_input(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    for above in [*tmp_path.parents][:-1]:
        if above.stat().st_uid == os.geteuid() and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(MissingInput, match=r"made\.partial: Permission denied; a folder that can be written"):
            working_folder(tmp_path / "made").__enter__()
    finally:
        if root:
            os.seteuid(0)
        tmp_path.chmod(0o755)
