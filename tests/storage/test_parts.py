from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.errors import XqgError
from pyserini_xqg.indexing.flat_file import RowFile
from pyserini_xqg.storage import files
from pyserini_xqg.storage.parts import PER_FOLDER, FileParts, Parts
from tests.fixtures.parts import markers

TOTAL = 7
HEADER = b"head"
# What happens to files; a process that is killed stops before one of these.
STEPS = ("replace", "fsync")


class Killed(BaseException):
    """The end of a process."""


def content(number: int) -> bytes:
    """Of any length, and other bytes for every part."""
    return hashlib.sha256(f"{number}".encode()).digest() * (number % 3 + 1)


def in_files(folder: Path) -> FileParts:
    return FileParts(folder, "part", TOTAL, ".bin")


def rows(number: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(hashlib.sha256(f"{number}".encode()).digest(), dtype=np.uint8).reshape(2, 16)


class InOneFile:
    """Parts of two rows in one file."""

    def __init__(self, folder: Path):
        self._file = RowFile(folder / "rows", HEADER, 16)
        self.parts = Parts(folder, "rows", TOTAL, self._sha256)

    def write(self, number: int) -> None:
        self._file.write(number * 2, rows(number))
        self.parts.mark(number, length=number)

    def _sha256(self, number: int) -> str:
        return hashlib.sha256(self._file.read(number * 2, 2)).hexdigest()


def files_of(folder: Path) -> dict[str, bytes]:
    """What stays when the markers go."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


def run(folder: Path, shared: bool, order: list[int], kill_before: int | None) -> list[dict[str, Any]] | None:
    """A process that does all missing parts in some order, or is killed before a step that it takes with files."""
    taken = 0

    def counted(name: str) -> Any:
        call = getattr(os, name)

        def step(*arguments: Any) -> Any:
            nonlocal taken
            if taken == kill_before:
                raise Killed
            taken += 1
            return call(*arguments)

        return step

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, counted(name))
        work = InOneFile(folder) if shared else None
        parts = work.parts if work else in_files(folder)
        try:
            missing = set(parts.missing())
            for number in (number for number in order if number in missing):
                if work:
                    work.write(number)
                else:
                    assert isinstance(parts, FileParts)
                    parts.write(number, content(number), length=number)
            assert not list(parts.missing())
            return list(parts.counts())
        except Killed:
            return None


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    shared=st.booleans(),
    runs=st.lists(
        st.tuples(st.permutations(range(TOTAL)), st.integers(0, 30), st.sampled_from(["", "damage", "cut", "unmark"])),
        max_size=4,
    ),
    last=st.permutations(range(TOTAL)),
    data=st.data(),
)
def test_any_order_of_parts_and_any_interruption_end_with_the_same_bytes(
    shared: bool, runs: list[tuple[list[int], int, str]], last: list[int], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        counts = run(Path(one), shared, list(range(TOTAL)), None)
        folder = Path(other)
        for order, kill_before, harm in runs:
            run(folder, shared, order, kill_before)
            left = [*folder.glob("parts/*/*/*.json*"), *(file for file in folder.iterdir() if file.is_file())]
            if harm and left:
                file = data.draw(st.sampled_from(sorted(left)))
                whole = file.read_bytes()
                if harm == "unmark" and file.suffix == ".json":
                    file.unlink()
                elif harm == "cut":
                    file.write_bytes(whole[: len(whole) // 2])
                elif harm == "damage":
                    file.write_bytes(whole[:-1] + b"?")
        assert run(folder, shared, last, None) == counts == [{"length": number} for number in range(TOTAL)]
        assert files_of(folder) == files_of(Path(one))


def test_a_part_is_done_when_its_marker_fits_what_is_there(tmp_path: Path) -> None:
    parts = in_files(tmp_path)
    assert list(parts.missing()) == list(range(TOTAL))
    parts.write(3, "text", queries={"fi": 2})
    assert parts.file(3).read_text() == "text"
    assert [marker.relative_to(tmp_path).as_posix() for marker in markers(tmp_path)] == ["parts/part/000/000003.json"]
    assert list(in_files(tmp_path).missing()) == [0, 1, 2, 4, 5, 6]
    parts.file(3).write_text("test")
    assert not parts.is_done(3)
    parts.file(3).unlink()
    assert not parts.is_done(3)
    parts.write(3, b"text")
    parts.remove(3)
    assert not parts.is_done(3) and not parts.file(3).exists() and not markers(tmp_path)
    parts.remove(3)


def test_a_file_without_a_marker_is_not_done(tmp_path: Path) -> None:
    parts = in_files(tmp_path)
    parts.file(2).write_bytes(content(2))  # as earlier versions left it
    assert not parts.is_done(2)


@pytest.mark.parametrize("marker", ["", "{", "[]", "{}", '{"sha256": "x"}', '{"sha256": null, "counts": {}}', "\udcff"])
def test_a_marker_that_is_not_whole_is_none(tmp_path: Path, marker: str) -> None:
    parts = in_files(tmp_path)
    for number in range(TOTAL):
        parts.write(number, content(number))
    markers(tmp_path)[4].write_bytes(marker.encode("utf-8", "surrogateescape"))
    assert list(parts.missing()) == [4]
    with pytest.raises(XqgError, match=r"000004\.json: no whole marker.*Run the same command again"):
        list(parts.counts())


def test_counts_come_in_the_order_of_the_parts(tmp_path: Path) -> None:
    parts = in_files(tmp_path)
    for number in (6, 0, 3, 1, 5, 2, 4):
        parts.write(number, content(number), queries=number, languages=["fi"])
    assert list(parts.counts()) == [{"queries": number, "languages": ["fi"]} for number in range(TOTAL)]


def test_works_in_one_folder_know_nothing_of_each_other(tmp_path: Path) -> None:
    first, second = FileParts(tmp_path, "found", 2), FileParts(tmp_path, "scores", 2)
    first.write(0, "x")
    assert (first.is_done(0), second.is_done(0)) == (True, False)


def test_no_folder_gets_many_markers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.os, "fsync", lambda _: None)
    parts = Parts(tmp_path, "work", 2500, lambda _: "same")
    for number in range(0, 2500, 7):
        parts.mark(number)
    folders = {marker.parent for marker in markers(tmp_path)}
    assert sorted(folder.name for folder in folders) == ["000", "001", "002"]
    assert {number // PER_FOLDER for number in range(0, 2500, 7)} == {int(folder.name) for folder in folders}
    assert json.loads(markers(tmp_path)[0].read_text()) == {"sha256": "same", "counts": {}}


def test_parts_without_a_marker_are_found_whatever_is_on_disk(tmp_path: Path) -> None:
    parts = FileParts(tmp_path, "part", 2 * PER_FOLDER + 3)
    done = [1, PER_FOLDER - 1, 2 * PER_FOLDER, 2 * PER_FOLDER + 2]
    for number in done:
        parts.write(number, "x")
        parts.file(number).unlink()
    assert [*parts.unmarked()] == [number for number in range(parts.total) if number not in done]
    assert [*parts.missing([1, 2])] == [1, 2]


def test_a_marker_makes_no_folder_that_another_process_has_put_in_its_place(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "gone", "part", 2, lambda _: "0")
    with pytest.raises(FileNotFoundError):
        parts.mark(0)
    with pytest.raises(FileNotFoundError):
        list(parts.counts())
