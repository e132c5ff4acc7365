from __future__ import annotations

import gzip
import os
import re
import threading
from pathlib import Path

import pytest

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.text_files import PACKED, matching_files, numbered_lines, open_binary, read_text


@pytest.mark.parametrize("name", ["x.txt", "x.txt.gz", "x"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_content_says_whether_a_file_is_gzipped(tmp_path: Path, name: str, packed: bool) -> None:
    text = "\ufeffyksi\r\n\n  \nkaksi"
    content = text.encode()
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if packed else content)
    with open_binary(file) as handle:
        assert handle.read() == content
        handle.seek(3)
        assert handle.read(4) == b"yksi"
    assert read_text(file) == text.removeprefix("\ufeff")
    assert list(numbered_lines(file)) == [(1, "yksi\n"), (4, "kaksi")]


@pytest.mark.parametrize("packed", [False, True])
def test_a_pipe_is_read_once_and_as_it_comes(tmp_path: Path, packed: bool) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = b"one\n" * 10_000
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(content) if packed else content,))
    writer.start()
    assert read_text(pipe) == content.decode()
    writer.join()


@pytest.mark.parametrize("content", [b"", b"a"])
def test_short_files_are_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert read_text(tmp_path / "x").encode() == content


@pytest.mark.parametrize(("start", "kind"), PACKED.items())
def test_what_is_packed_in_another_way_is_said(tmp_path: Path, start: bytes, kind: str) -> None:
    file = tmp_path / "x.tsv"
    file.write_bytes(start + b"more")
    with pytest.raises(InvalidInput, match=rf"x\.tsv: {kind}; unpack it"):
        read_text(file)


def test_a_folder_and_nothing_are_missing(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MissingInput, match="cannot be read"):
            open_binary(file)
    with pytest.raises(MissingInput, match="nowhere: cannot be read"):
        matching_files(tmp_path / "nowhere", re.compile("x"))


def test_files_of_a_folder_match_with_and_without_gz_and_are_there_once(tmp_path: Path) -> None:
    for name in ("b-fi.tsv.gz", "a-sw.tsv", "other.tsv", "c-fi.tsv.bak"):
        (tmp_path / name).touch()
    name = re.compile(r"^\w-(..)\.tsv$")
    assert [(match[1], file.name) for match, file in matching_files(tmp_path, name)] == [
        ("sw", "a-sw.tsv"),
        ("fi", "b-fi.tsv.gz"),
    ]
    (tmp_path / "b-fi.tsv").touch()
    with pytest.raises(InvalidInput, match=r"b-fi\.tsv is there plain and gzipped"):
        matching_files(tmp_path, name)
