from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.jsonl import Record, jsonl_files, read_records
from pyserini_xqg.storage.text_files import open_binary

FILE = Path("some.jsonl")
NOBODY = 65534
# Pieces of JSON, of UTF-8 and of what is neither, so that many of the made-up lines are nearly right.
JSON_PIECES = rb'{"id": |"a"|}|{|[|]|,|:|\|\ud800|\ude00|"|null|1e999|-|NaN| '.split(b"|")
OTHER_PIECES = [b"\xef\xbb\xbf", b"\xff", b"\x00", b"\xed\xa0\x80", b"\xd0\x96", b"\r", b"9" * 5000, b"[" * 3000]
PIECES = st.sampled_from([*JSON_PIECES, *OTHER_PIECES])
LINES = st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=12).map(b"".join))
JSON_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | JSON_TEXT,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(JSON_TEXT, values, max_size=3),
    max_leaves=8,
)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Permissions do not bind root, so as another user."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@settings(deadline=None)
@given(raw=LINES, line=st.integers(1, 3))
def test_any_bytes_are_a_record_or_invalid_input(raw: bytes, line: int) -> None:
    try:
        record = Record.parse(raw, FILE, line, 0)
    except InvalidInput as error:
        assert str(error).startswith(f"some.jsonl:{line}: ")
        assert "\n" not in str(error)
    else:
        assert isinstance(record.value, dict)
        json.dumps(record.value, ensure_ascii=False).encode("utf-8")


@settings(deadline=None)
@given(value=st.dictionaries(JSON_TEXT, JSON_VALUES, max_size=4), escaped=st.booleans(), bom=st.booleans())
def test_any_object_is_read_as_it_was_written(value: dict[str, object], escaped: bool, bom: bool) -> None:
    raw = json.dumps(value, ensure_ascii=escaped).encode("utf-8-sig" if bom else "utf-8")
    assert Record.parse(raw, FILE, 1, 0).value == value


@pytest.mark.parametrize(
    ("raw", "fragment"),
    [
        (b'{"a": "\xff"}', "not UTF-8 (byte 0xff at position 8)"),
        (b'\xef\xbb\xbf{"a": "\xff"}', "not UTF-8 (byte 0xff at position 8)"),
        (b"\xff\xfe{\x00", "not UTF-8 (byte 0xff at position 1)"),
        (b'{"a" 1}', "malformed JSON at column 6 (Expecting ':' delimiter)"),
        (b'{"a": 1} {"b": 2}', "malformed JSON at column 10 (Extra data)"),
        (b'{"a": 1\n', "malformed JSON at column 8 (Expecting ',' delimiter)"),
        (b'{"a": "b\n', "malformed JSON at column 7 (Unterminated string starting at)"),
        (b'[{"a": 1}]', "a JSON object is expected, found list"),
        (b'"a"', "a JSON object is expected, found str"),
        (b'{"a": "x\\ud83dx"}', "half a surrogate pair"),
        (b'{"a\\udc00": 1}', "half a surrogate pair"),
        (b'{"a": ' + b"7" * 5000 + b"}", "JSON that cannot be read"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "JSON that cannot be read"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(raw: bytes, fragment: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Record.parse(raw, FILE, 1, 0)
    assert str(caught.value).startswith("some.jsonl:1: ")
    assert fragment in str(caught.value)


def test_whole_surrogate_pairs_are_text() -> None:
    assert Record.parse(b'{"a": "\\ud83d\\ude00"}', FILE, 1, 0).value == {"a": "\N{GRINNING FACE}"}


def test_a_byte_order_mark_is_passed_over_on_the_first_line_only() -> None:
    raw = b'\xef\xbb\xbf{"a": 1}'
    assert Record.parse(raw, FILE, 1, 0).value == {"a": 1}
    with pytest.raises(InvalidInput, match=r"some.jsonl:2: malformed JSON at column 1"):
        Record.parse(raw, FILE, 2, 0)


@settings(deadline=None)
@given(
    numbers=st.lists(st.integers(0, 10**12), min_size=1, max_size=30),
    blanks=st.lists(st.sampled_from([b"", b"\n", b"  \n", b"\r\n", b"\t\n"]), min_size=30, max_size=30),
    ends=st.sampled_from([b"\n", b"\r\n"]),
    last_end=st.booleans(),
    bom=st.booleans(),
    packed=st.booleans(),
)
def test_records_can_be_read_from_any_of_their_offsets_on(
    numbers: list[int], blanks: list[bytes], ends: bytes, last_end: bool, bom: bool, packed: bool
) -> None:
    lines = [blank + b'{"n": %d, "t": "\xd0\x96"}' % number for blank, number in zip(blanks, numbers, strict=False)]
    content = (b"\xef\xbb\xbf" if bom else b"") + ends.join(lines) + (ends if last_end else b"")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "x.jsonl.gz" if packed else "x.jsonl")
        file.write_bytes(gzip.compress(content) if packed else content)
        seen: list[bytes] = []
        records = list(read_records(file, on_bytes=seen.append))
        assert [record.value["n"] for record in records] == numbers
        assert b"".join(seen) == content
        by_line = content.split(b"\n")
        for number, record in enumerate(records):
            assert json.loads(by_line[record.line - 1].decode("utf-8-sig")) == record.value
            assert content[record.offset :].startswith(by_line[record.line - 1])
            assert list(read_records(file, record.offset, record.line)) == records[number:]


def test_files_of_a_folder_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl.gz", "c.json", "10.json.gz", "notes.txt", "README.md", "xqg.json", "d.jsonl.bak"):
        (tmp_path / name).touch()
    assert [file.name for file in jsonl_files(tmp_path)] == ["10.json.gz", "a.jsonl.gz", "b.jsonl", "c.json"]


def test_a_file_stands_for_itself_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "corpus.txt"
    file.touch()
    assert jsonl_files(file) == [file]


def test_a_folder_without_json_lines_is_missing_input(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(MissingInput, match=r"no file ends in \.jsonl, \.json"):
        jsonl_files(tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "nowhere/deeper.jsonl", "x" * 300])
def test_a_path_that_is_not_there_is_missing_input(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingInput, match=name):
        jsonl_files(tmp_path / name)


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_a_folder_named_like_a_file_is_missing_input(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (file,) = jsonl_files(tmp_path)
    with pytest.raises(MissingInput, match=rf"{name}: cannot be read \(Is a directory\)"):
        list(read_records(file))


def test_what_may_not_be_read_is_missing_input() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "closed").mkdir()
        file = folder / "closed.jsonl"
        file.write_text("{}\n")
        file.chmod(0)
        (folder / "closed").chmod(0)
        try:
            with as_nobody():
                with pytest.raises(MissingInput, match=r"closed\.jsonl: cannot be read \(Permission denied\)"):
                    open_binary(file)
                with pytest.raises(MissingInput, match=r"closed: cannot be read \(Permission denied\)"):
                    jsonl_files(folder / "closed")
                with pytest.raises(MissingInput, match=r"x\.jsonl: cannot be read \(Permission denied\)"):
                    jsonl_files(folder / "closed" / "x.jsonl")
        finally:
            (folder / "closed").chmod(0o700)


@settings(deadline=None)
@given(cut=st.integers(0, 200))
def test_a_cut_gzip_file_is_invalid_or_empty_never_short(cut: int) -> None:
    content = b"".join(b'{"n": %d}\n' % (number * 7919) for number in range(100))
    packed = gzip.compress(content)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "x.jsonl.gz")
        file.write_bytes(packed[: min(cut, len(packed) - 1)])
        if cut == 0:
            assert list(read_records(file)) == []
            return
        with pytest.raises(InvalidInput, match=r"x\.jsonl\.gz: damaged gzip file"):
            list(read_records(file))


def test_a_gzip_file_with_a_wrong_checksum_is_invalid(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl.gz"
    packed = bytearray(gzip.compress(b'{"a": 1}\n' * 50))
    packed[-5] ^= 1  # in the checksum
    file.write_bytes(packed)
    with pytest.raises(InvalidInput, match="damaged gzip file"):
        list(read_records(file))


def test_gzip_files_put_one_after_the_other_are_one(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"n": 1}\n') + gzip.compress(b'{"n": 2}\n'))
    assert [record.value["n"] for record in read_records(file)] == [1, 2]
