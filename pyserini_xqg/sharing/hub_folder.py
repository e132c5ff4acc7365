"""Folders on the hub: pushed in one commit, pulled beside their place, checked, and only then put into it."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from pyserini_xqg.encoding.hub import hub_fault
from pyserini_xqg.errors import InvalidInput, MissingInput, MissingPrerequisite, UsageError, XqgError
from pyserini_xqg.sharing.card import card
from pyserini_xqg.storage.files import sha256_of, sync_all
from pyserini_xqg.storage.manifest import MANIFEST, Manifest
from pyserini_xqg.storage.workspace import check_place, partial_folder, real_place

PREFIX = "hf:"
CHECKSUMS = "SHA256SUMS"
CARD = "README.md"
# What the hub has a kind of repository for; all others are data sets there.
MODEL = "model"
REPO_TYPES = ("dataset", MODEL)

log = logging.getLogger("pyserini_xqg")


def push(folder: Path, repo: str, *, private: bool = False) -> str:
    """Put a finished folder of ours into a repository of the hub, in one commit; its address.

    Beside its files go a card (``README.md``) and the SHA-256 of each file (``SHA256SUMS``, as sha256sum reads it).

    Parameters
    ----------
    folder : Path
        An index, queries, a model or another folder that has a manifest.
    repo : str
        ``OWNER/NAME``; made if need be.
    private : bool
        Whether a repository that is made is private.

    Raises
    ------
    MissingInput, InvalidInput
        The folder is none of ours, or not finished.
    UsageError
        That is no name of a repository.
    MissingPrerequisite
        The hub cannot be reached.
    XqgError
        It refuses.
    """
    from huggingface_hub import CommitOperationAdd

    check_name(repo)
    manifest = Manifest.read(folder)
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files = {name: path for name, path in files.items() if name not in (CARD, CHECKSUMS)}
    log.info("checksums of %d files", len(files))
    made = {
        CARD: card(manifest, repo),
        CHECKSUMS: "".join(f"{sha256_of(path)}  {name}\n" for name, path in files.items()),
    }
    operations = [CommitOperationAdd(name, path) for name, path in files.items()]
    operations += [CommitOperationAdd(name, text.encode()) for name, text in made.items()]
    repo_type = MODEL if manifest.kind == MODEL else "dataset"
    with _hub(repo) as hub:
        hub.create_repo(repo, repo_type=repo_type, private=private, exist_ok=True)
        hub.create_commit(repo, operations, commit_message=f"{manifest.kind} by pyserini-xqg", repo_type=repo_type)
    return f"{_endpoint()}/{'' if repo_type == MODEL else 'datasets/'}{repo}"


def pull(repo: str, output: Path, revision: str | None = None) -> Manifest:
    """Fetch a folder that :func:`push` put on the hub; a stopped fetch goes on.

    Parameters
    ----------
    repo : str
        ``OWNER/NAME``.
    output : Path
        Where it goes, once all of it is there and has its checksums.
    revision : str or None
        A branch, tag or commit; None: the newest.

    Raises
    ------
    UsageError
        That is no name of a repository, or something else is at `output`.
    MissingInput
        There is no such repository or revision, or no folder of ours in it.
    InvalidInput
        A file is not what its checksum says.
    MissingPrerequisite
        The hub cannot be reached.
    """
    check_name(repo)
    check_place(output)
    unfinished, place = partial_folder(output), real_place(output)
    with _hub(repo) as hub:
        found = _find(hub, repo, revision)
        if (place / MANIFEST).exists():
            if not _is(place, hub, found):
                raise UsageError(f"{output} is there and is not {repo}; choose another output, or remove it")
            return _checked(place, repo)
        hub.snapshot_download(**found, local_dir=unfinished)
    manifest = _checked(unfinished, repo)
    if place.exists():
        shutil.rmtree(place)
    sync_all(unfinished)
    unfinished.rename(place)
    return manifest


def at_hand(source: Path) -> Path:
    """`source`, or the folder of the hub that ``hf:OWNER/NAME`` or ``hf:OWNER/NAME@REVISION`` names.

    That one is fetched into the cache of the hub's library, once, and checked; where the hub cannot be asked, what
    was fetched before is taken, which is said. It is not read as it comes: an index looks at all its queries before it
    encodes the first, and again when it goes on after a stop.

    Raises
    ------
    XqgError
        See :func:`pull`.
    """
    if not str(source).startswith(PREFIX):
        return source
    repo, _, revision = str(source).removeprefix(PREFIX).partition("@")
    check_name(repo)
    if (fault := hub_fault()) and (cached := _cached(repo, revision or None)):
        log.warning("hub %s: %s; what was fetched before is taken: %s", repo, fault, cached)
        folder = cached
    else:
        with _hub(repo) as hub:
            # By the name of the revision, which the cache then knows where the hub cannot be asked.
            found = {**_find(hub, repo, revision or None), "revision": revision or None}
            folder = Path(hub.snapshot_download(**found))
    _checked(folder, repo)
    return folder


def check_name(repo: str) -> None:
    """Whether that can be the name of a repository.

    Raises
    ------
    UsageError
        It cannot.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise UsageError(f"{repo!r} is no repository of the hub: OWNER/NAME is expected")


def _find(hub: Any, repo: str, revision: str | None) -> dict[str, str]:
    """Repository, its type and the commit: all files are of one, whatever is pushed meanwhile."""
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    for repo_type in REPO_TYPES:
        try:
            commit = hub.repo_info(repo, revision=revision, repo_type=repo_type).sha
        except RepositoryNotFoundError:
            continue
        except RevisionNotFoundError as error:
            raise MissingInput(f"hub {repo}: no revision {revision!r}") from error
        return {"repo_id": repo, "repo_type": repo_type, "revision": commit}
    raise MissingInput(f"hub {repo}: no such repository, or it is private and HF_TOKEN is not set")


def _is(folder: Path, hub: Any, found: dict[str, str]) -> bool:
    """Whether a folder was pulled from that commit, or from one with the same files."""
    from huggingface_hub.errors import EntryNotFoundError

    try:
        return Path(hub.hf_hub_download(**found, filename=CHECKSUMS)).read_bytes() == (folder / CHECKSUMS).read_bytes()
    except (EntryNotFoundError, FileNotFoundError):
        return False


def _cached(repo: str, revision: str | None) -> Path | None:
    """What was fetched before; None: nothing."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    for repo_type in REPO_TYPES:
        try:
            return Path(snapshot_download(repo, repo_type=repo_type, revision=revision, local_files_only=True))
        except LocalEntryNotFoundError:
            continue
    return None


def _checked(folder: Path, repo: str) -> Manifest:
    """The manifest of a folder all of whose files have their checksums; what the hub's library put there is removed."""
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise MissingInput(f"hub {repo}: no {CHECKSUMS} in it; a folder that xqg push put there is expected") from error
    for line in lines:
        digest, _, listed = line.partition("  ")
        name = PurePosixPath(listed)
        if not listed or name.is_absolute() or ".." in name.parts:
            raise InvalidInput(f"hub {repo}: {CHECKSUMS} names no file of the folder: {line!r}")
        file = folder / name
        if not file.is_file():
            raise MissingInput(f"hub {repo}: {name} is not there, and {CHECKSUMS} names it")
        if sha256_of(file) != digest:
            raise InvalidInput(f"hub {repo}: {name} is not what {CHECKSUMS} says; remove {folder} and fetch it again")
    manifest = Manifest.read(folder)
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    return manifest


@contextmanager
def _hub(repo: str) -> Iterator[Any]:
    """The hub, where it answers; what it refuses is an error of ours."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    if fault := hub_fault():
        raise MissingPrerequisite(f"hub {repo}: {fault}")
    try:
        yield HfApi(endpoint=_endpoint())
    except HfHubHTTPError as error:
        said = str(error).strip().splitlines()[0]
        raise XqgError(f"hub {repo}: {said}. To write, HF_TOKEN has to be that of somebody who may") from error


def _endpoint() -> str:
    constants: Any = import_module("huggingface_hub.constants")
    return str(constants.ENDPOINT)
