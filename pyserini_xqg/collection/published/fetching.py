"""Sources at hand: files of a folder, or fetched once into the user's cache, and checked either way."""

from __future__ import annotations

import logging
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pyserini_xqg.collection.published.base import LargePart, Source
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.files import cache_folder, sha256_of
from pyserini_xqg.storage.text_files import errors_named, open_binary

HUB = "hf://datasets/"
SECONDS = 30

log = logging.getLogger("pyserini_xqg")


class Sources:
    """Finds the files of sources.

    Parameters
    ----------
    place : Path or None
        A folder with them; None: they are fetched.
    checked : bool
        Whether a file has to be the published one, where its checksum is known.
    """

    def __init__(self, place: Path | None = None, checked: bool = True):
        if place is not None and not place.is_dir():
            raise MissingInput(f"{place}: no such folder; one with the data set's files is expected")
        self.place, self.checked = place, checked

    def gather(self, sources: list[Source], folder: Path) -> dict[str, str]:
        """Put links to the files into an empty folder; the SHA-256 of each by name.

        Raises
        ------
        MissingInput
            A file is not there, or cannot be fetched.
        InvalidInput
            It is not the published one.
        """
        found = {}
        for source in sources:
            for file in self._files(source):
                found[file.name] = self._check(file, source)
                (folder / file.name).symlink_to(file.resolve())
        return found

    def bytes_of(self, part: LargePart) -> int:
        """How much there is to read of a large part."""
        if self.place is None:
            return part.gigabytes * 10**9
        return sum(file.stat().st_size for source in part.sources for file in self._files(source))

    def lines(self, source: Source) -> Iterator[bytes]:
        """The lines of a large source; of the hub it is streamed, and not kept.

        Raises
        ------
        MissingInput
            It is not there, or cannot be fetched.
        InvalidInput
            At the end: it is not the published one.
        """
        digest, expected = sha256(), checksums().get(source.url)
        if self.place is None:
            with _streamed(source) as (handle, of_hub):
                expected = of_hub or expected
                for line in handle:
                    digest.update(line)
                    yield line
        else:
            files = self._files(source)
            if files[0].name.removesuffix(".gz") != source.name:
                expected = None  # it stands for the published one
            for file in files:
                with open_binary(file) as handle, errors_named(file):
                    for line in handle:
                        digest.update(line)
                        yield line
        self._compare(source.name, source, digest.hexdigest(), expected)

    def _files(self, source: Source) -> list[Path]:
        if self.place is None:
            return [fetched(source)]
        own = [self.place / name for name in (source.name, f"{source.name}.gz") if (self.place / name).is_file()]
        found = own[:1] or sorted(file for pattern in source.also for file in self.place.glob(pattern))
        if not found:
            expected = " or ".join((source.name, *source.also))
            raise MissingInput(f"{self.place}: no file {expected} in it; it is published at {source.url}")
        return found

    def _check(self, file: Path, source: Source) -> str:
        digest, expected = sha256_of(file), checksums().get(source.url)
        if expected is None or file.name.removesuffix(".gz") != source.name.removesuffix(".gz"):
            return digest
        if expected not in (digest, _unpacked_sha256(file)):
            if self.place is None:
                file.unlink()  # from the cache
            self._compare(file, source, digest, expected)
        return digest

    def _compare(self, file: str | Path, source: Source, digest: str, expected: str | None) -> None:
        if expected in (None, digest):
            return
        said = f"{file} is not the published file (SHA-256 {digest}, that of {source.url} is {expected})"
        if self.place is None:
            raise InvalidInput(f"{said}: fetch it again by the same command")
        if self.checked:
            raise InvalidInput(f"{said}: take that one, or --unchecked to take yours")
        log.warning("%s", said)


@cache
def checksums() -> dict[str, str]:
    """SHA-256 by URL, of the sources that one is known of."""
    text = (files("pyserini_xqg.collection.published") / "checksums.txt").read_text(encoding="utf-8")
    pairs = (line.split() for line in text.splitlines())
    return {url: digest for digest, url in pairs}


def fetched(source: Source) -> Path:
    """A file in the cache, fetched if it is not there.

    Raises
    ------
    MissingInput
        It cannot be fetched.
    """
    if source.url.startswith(HUB):
        return _from_hub(source)
    address, _, member = source.url.partition("#")
    file = _from_web(address)
    return _member(file, member) if member else file


def cached_place(address: str) -> Path:
    """Where a file of the web is kept."""
    parts = PurePosixPath(address.partition("://")[2]).parts
    return cache_folder().joinpath("data", *parts)


def _from_web(address: str) -> Path:
    import httpx

    file = cached_place(address)
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.unfinished")
    log.info("fetching %s", address)
    try:
        with (
            httpx.stream("GET", address, follow_redirects=True, timeout=SECONDS) as answer,
            unfinished.open("wb") as to,
        ):
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                to.write(chunk)
        unfinished.replace(file)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise unreachable(address, error) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return file


def _member(archive: Path, member: str) -> Path:
    """A file of an archive, unpacked beside it."""
    file = archive.with_name(f"{archive.name}.files") / PurePosixPath(member).name
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        unfinished = file.with_name(f"{file.name}.unfinished")
        try:
            with _opened_member(archive, member) as inner, unfinished.open("wb") as to:
                shutil.copyfileobj(inner, to)
        except (KeyError, zipfile.BadZipFile, tarfile.TarError, OSError, EOFError) as error:
            unfinished.unlink(missing_ok=True)
            raise InvalidInput(
                f"{archive}: {member} cannot be read from it ({error}); remove it to fetch it again"
            ) from error
        unfinished.replace(file)
    return file


@contextmanager
def _opened_member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed, packed.open(member) as inner:
            yield inner
        return
    with tarfile.open(archive) as packed_tar:
        found = packed_tar.extractfile(member)
        if found is None:
            raise KeyError(member)
        yield found


def _hub_parts(source: Source) -> tuple[str, str, str]:
    """Name, revision and path of a file of the hub."""
    named, _, rest = source.url.removeprefix(HUB).partition("@")
    revision, _, path = rest.partition("/")
    return named, revision, path


def _from_hub(source: Source) -> Path:
    from huggingface_hub import hf_hub_download

    name, revision, path = _hub_parts(source)
    log.info("fetching %s", source.url)
    try:
        return Path(hf_hub_download(name, path, repo_type="dataset", revision=revision))
    except Exception as error:  # the kinds of error depend on the version of the hub's library
        raise unreachable(source.url, error) from error


@contextmanager
def _streamed(source: Source) -> Iterator[tuple[Iterator[bytes], str | None]]:
    """The lines of a file of the hub, and the SHA-256 that the hub knows of it."""
    from huggingface_hub import HfFileSystem, constants

    log.info("streaming %s", source.url)
    try:
        files = HfFileSystem(endpoint=constants.ENDPOINT, skip_instance_cache=True)
        path = source.url.removeprefix("hf://")
        stored: Any = files.info(path).get("lfs")
        handle = files.open(path, "rb")
    except Exception as error:  # as above
        raise unreachable(source.url, error) from error
    with handle:
        yield iter(handle), stored.sha256 if stored else None


def unreachable(url: str, error: Exception) -> MissingInput:
    """The error for a source that cannot be had."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return MissingInput(
        f"{url} cannot be fetched ({reason}). With no network bring it over, and name its folder: --from FOLDER"
    )


def _unpacked_sha256(file: Path) -> str:
    """Of the content of a file that may be gzipped."""
    digest = sha256()
    with open_binary(file) as unpacked, errors_named(file):
        while chunk := unpacked.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
