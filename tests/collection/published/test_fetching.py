from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyserini_xqg.collection.published import fetching
from pyserini_xqg.collection.published.base import Source
from pyserini_xqg.collection.published.fetching import Sources, checksums
from pyserini_xqg.errors import InvalidInput, MissingInput
from tests.fixtures.hub import COMMIT, standing_in

LINES = b"".join(f"line {number}\n".encode() for number in range(1000))
HUB = f"hf://datasets/somebody/some-set@{COMMIT}/data/some.jsonl"


def packed_zip(member: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(member, LINES)
    return file.getvalue()


def packed_tar(member: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        entry = tarfile.TarInfo(member)
        entry.size = len(LINES)
        archive.addfile(entry, io.BytesIO(LINES))
    return file.getvalue()


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A server, and an empty cache."""
    files = {
        "some.txt": LINES,
        "all.zip": packed_zip("in/some.txt"),
        "all.tar.gz": packed_tar("in/some.txt"),
        "somebody/some-set/data/some.jsonl": LINES,
    }
    monkeypatch.setenv("PYSERINI_XQG_CACHE", str(tmp_path / "cache"))
    with standing_in(files, tmp_path / "hub", monkeypatch) as (address, asked):
        yield address, asked


def known(monkeypatch: pytest.MonkeyPatch, url: str, content: bytes) -> None:
    monkeypatch.setattr(fetching, "checksums", lambda: {url: hashlib.sha256(content).hexdigest()})


@pytest.mark.parametrize("path", ["some.txt", "all.zip#in/some.txt", "all.tar.gz#in/some.txt"])
def test_a_file_of_the_web_is_fetched_once(
    path: str, web: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, asked = web
    source = Source(f"{address}/{path}")
    known(monkeypatch, source.url, LINES)
    for number in range(2):
        folder = tmp_path / f"gathered-{number}"
        folder.mkdir()
        assert Sources().gather([source], folder) == {"some.txt": hashlib.sha256(LINES).hexdigest()}
        assert (folder / "some.txt").read_bytes() == LINES
    assert len(asked) == 1
    assert not [*(tmp_path / "cache").rglob("*.unfinished")]


def test_a_file_of_the_hub_is_fetched_by_its_own_library(web: tuple[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "gathered").mkdir()
    Sources().gather([Source(HUB)], tmp_path / "gathered")
    assert (tmp_path / "gathered" / "some.jsonl").read_bytes() == LINES
    assert [*(tmp_path / "hub").rglob("some.jsonl")]


def test_a_large_file_of_the_hub_is_streamed_and_not_kept(web: tuple[str, list[str]], tmp_path: Path) -> None:
    assert b"".join(Sources().lines(Source(HUB))) == LINES
    assert not (tmp_path / "hub").exists() and not (tmp_path / "cache").exists()


def test_what_is_not_the_published_file_is_refused(
    web: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, asked = web
    source = Source(f"{address}/some.txt")
    known(monkeypatch, source.url, b"others")
    for _ in range(2):  # it does not stay in the cache
        with pytest.raises(InvalidInput, match=r"not the published file .* by the same command"):
            Sources().gather([source], tmp_path)
    assert len(asked) == 2
    (tmp_path / "some.txt").write_bytes(LINES)
    with pytest.raises(InvalidInput, match="--unchecked"):
        Sources(tmp_path).gather([source], tmp_path / "nowhere")
    with pytest.raises(InvalidInput, match="not the published file"):
        [*Sources(tmp_path).lines(source)]
    (tmp_path / "gathered").mkdir()
    Sources(tmp_path, checked=False).gather([source], tmp_path / "gathered")
    assert (tmp_path / "gathered" / "some.txt").read_bytes() == LINES


def test_a_gzipped_copy_is_the_published_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source("https://example.org/some.txt")
    known(monkeypatch, source.url, LINES)
    (tmp_path / "some.txt.gz").write_bytes(gzip.compress(LINES))
    (tmp_path / "gathered").mkdir()
    Sources(tmp_path).gather([source], tmp_path / "gathered")
    assert b"".join(Sources(tmp_path).lines(source)) == LINES


def test_what_cannot_be_fetched_says_how_to_bring_it(web: tuple[str, list[str]], tmp_path: Path) -> None:
    address, _ = web
    for url in (f"{address}/none.txt", "http://127.0.0.1:9/none.txt", HUB.replace("some.jsonl", "none.jsonl")):
        with pytest.raises(MissingInput, match=r"none.* cannot be fetched \(.*--from FOLDER"):
            Sources().gather([Source(url)], tmp_path)
    with pytest.raises(MissingInput, match="--from FOLDER"):
        [*Sources().lines(Source(HUB.replace("some.jsonl", "none.jsonl")))]
    with pytest.raises(InvalidInput, match=r"other\.txt cannot be read from it"):
        Sources().gather([Source(f"{address}/all.zip#in/other.txt")], tmp_path)
    with pytest.raises(MissingInput, match=r"no file none\.txt or none-\*\.txt"):
        Sources(tmp_path).gather([Source("https://example.org/none.txt", also=("none-*.txt",))], tmp_path)


def test_checksums_are_of_sources() -> None:
    assert len(checksums()) > 300
    assert all(len(digest) == 64 and url.startswith(("https://", "hf://")) for url, digest in checksums().items())
