from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from huggingface_hub import constants

from pyserini_xqg.encoding.hub import hub_fault
from pyserini_xqg.errors import InvalidInput, MissingInput, MissingPrerequisite, UsageError
from pyserini_xqg.sharing.hub_folder import at_hand, pull, push
from pyserini_xqg.storage.manifest import Manifest
from tests.conftest import call

Hub = tuple[dict[str, bytes], list[str]]
REPO = "somebody/my-queries"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of queries, a large file and one below among its files."""
    made = tmp_path / "queries"
    (made / "more").mkdir(parents=True)
    line = json.dumps({"id": "d0", "queries": {"fi": ["mikä on joki", "missä on silta"]}}) + "\n"
    (made / "part-0.jsonl").write_text(line * 50, encoding="utf-8")
    (made / "more" / "small.txt").write_text("x", encoding="utf-8")
    Manifest("queries", {"num_queries": 2}, counts={"passages": 1, "queries": {"fi": 2}}).write(made)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_comes_back_as_it_went_with_a_card_and_checksums(hub: Hub, folder: Path, tmp_path: Path) -> None:
    files, asked = hub
    address = push(folder, REPO, private=True)
    assert address == f"{constants.ENDPOINT}/datasets/{REPO}"
    assert any("/lfs/" in path for path in asked)
    card = files[f"{REPO}/README.md"].decode()
    assert card.startswith("---\ntags:\n- pyserini\n")
    assert f"--queries hf:{REPO}" in card and "| num_queries | 2 |" in card and "| queries.fi | 2 |" in card
    sums = files[f"{REPO}/SHA256SUMS"].decode()
    assert f"{hashlib.sha256(b'x').hexdigest()}  more/small.txt\n" in sums and sums.count("\n") == 3

    manifest = pull(REPO, tmp_path / "pulled")
    found = contents(tmp_path / "pulled")
    assert {*found} - {*contents(folder)} == {"README.md", "SHA256SUMS"}
    assert {name: found[name] for name in contents(folder)} == contents(folder)
    assert manifest == Manifest.read(folder)
    assert not (tmp_path / "pulled.partial").exists()
    before = [path for path in asked if "/more/small.txt" in path]
    assert pull(REPO, tmp_path / "pulled") == manifest
    assert contents(tmp_path / "pulled") == found
    assert [path for path in asked if "/more/small.txt" in path] == before, "what is there is not fetched again"

    (folder / "more" / "small.txt").write_text("another", encoding="utf-8")
    push(folder, "somebody/others")
    with pytest.raises(UsageError, match="is there and is not somebody/others"):
        pull("somebody/others", tmp_path / "pulled")
    assert contents(tmp_path / "pulled") == found and not (tmp_path / "pulled.partial").exists()


def test_what_is_not_whole_is_not_put_into_its_place(hub: Hub, folder: Path, tmp_path: Path) -> None:
    files, _ = hub
    push(folder, REPO)

    def variant(name: str, change: dict[str, bytes | None]) -> str:
        pushed = {path.removeprefix(f"{REPO}/"): content for path, content in files.items()}
        for path, content in {**pushed, **change}.items():
            if content is not None:
                files[f"other/{name}/{path}"] = content
        return f"other/{name}"

    escaping = f"{hashlib.sha256(b'x').hexdigest()}  ../escape\n".encode()
    for name, change, error, said in (
        ("changed", {"more/small.txt": b"y"}, InvalidInput, "more/small.txt is not what SHA256SUMS says"),
        ("lacking", {"more/small.txt": None}, MissingInput, "more/small.txt is not there"),
        ("escaping", {"SHA256SUMS": escaping}, InvalidInput, "names no file of the folder"),
        ("another", {"SHA256SUMS": None}, MissingInput, "a folder that xqg push put there is expected"),
    ):
        with pytest.raises(error, match=said):
            pull(variant(name, change), tmp_path / name)
        assert not (tmp_path / name).exists()


def test_queries_of_the_hub_are_fetched_once(hub: Hub, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    push(folder, REPO)
    _, asked = hub
    assert at_hand(folder) == folder
    assert call("show", f"hf:{REPO}", "--id", "d0", "--json") == 0
    assert json.loads(capsys.readouterr().out)["queries"] == {"fi": ["mikä on joki", "missä on silta"]}
    before = [path for path in asked if "/resolve/" in path]
    at_hand(Path(f"hf:{REPO}@main"))
    assert [path for path in asked if "/resolve/" in path] == before


def test_what_was_fetched_is_used_where_the_hub_cannot_be_asked(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    push(folder, REPO)
    fetched = at_hand(Path(f"hf:{REPO}"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub_fault.cache_clear()
    assert at_hand(Path(f"hf:{REPO}")) == fetched
    assert "what was fetched before is taken" in caplog.text
    with pytest.raises(MissingPrerequisite, match="may not be asked"):
        at_hand(Path("hf:somebody/others"))
    hub_fault.cache_clear()


def test_what_cannot_be_shared_is_said(hub: Hub, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no such repository"):
        pull("somebody/nothing", tmp_path / "pulled")
    for name in ("queries", "a/b/c", "https://x/y", ""):
        with pytest.raises(UsageError, match="OWNER/NAME is expected"):
            push(folder, name)
    with pytest.raises(MissingInput, match="an artifact of xqg is expected"):
        push(tmp_path / "nowhere", REPO)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(UsageError, match="no artifact of xqg"):
        pull(REPO, tmp_path / "mine")


def test_no_hub_no_sharing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub_fault.cache_clear()
    for share in (lambda: push(folder, REPO), lambda: pull(REPO, tmp_path / "pulled")):
        with pytest.raises(MissingPrerequisite, match="may not be asked"):
            share()
    hub_fault.cache_clear()
