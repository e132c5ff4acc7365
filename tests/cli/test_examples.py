"""The example in the help of each command, as it is written there."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.indexing.settings import AugmentationSettings, IndexSettings
from tests.cli.test_cli import PATHS
from tests.conftest import call, sentence

COMMANDS = [path for path, command in PATHS.items() if command.default_command is not None]
# They need no file, and take long or the hub: what they do is tested elsewhere.
ALONE = [("demo",), ("doctor",), ("pull",)]


def example(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The words of the example after ``xqg``."""
    assert call(*path, "--help") == 0
    _, _, rest = capsys.readouterr().out.partition("\nExample:\n  xqg ")
    return shlex.split(rest.splitlines()[0])


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_it_is_one_line_that_the_command_takes(
    path: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = example(path, capsys)
    assert tuple(words[: len(path)]) == path
    assert len(shlex.join(words)) < 100
    if path in ALONE:
        PATHS[path].parse_args(words[len(path) :], exit_on_error=False, print_error=False)
        return
    monkeypatch.chdir(tmp_path)
    # Options, values and settings are right; the files are not there.
    assert call(*words) == 4
    assert capsys.readouterr().err.startswith("xqg: ")


@pytest.mark.slow
def test_they_work_where_the_files_are(
    corpus: Path,
    queries: Path,
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    shutil.copy(corpus, "corpus.jsonl")
    Path("queries").mkdir()
    shutil.copy(queries, "queries/q.jsonl")
    shutil.copytree(tiny_model, "models/xdr")
    Path("fi.tsv").write_text("".join(f"q{number}\t{sentence(number, 4)}\n" for number in range(6)), encoding="utf-8")
    Path("qrels.txt").write_text("".join(f"q{number} 0 d{number} 1\n" for number in range(6)), encoding="utf-8")
    for name in ("plain", "xqg"):
        lines = (f"q{number} Q0 d{number} 1 1.0 {name}\n" for number in range(6))
        Path(f"{name}.txt").write_text("".join(lines), encoding="utf-8")
    plain = XqgIndexBuilder("models/xdr", AugmentationSettings(alpha=0), IndexSettings(keep_vectors=True))
    plain.build("corpus.jsonl", "queries", "indexes/kept")
    XqgIndexBuilder("models/xdr").build("corpus.jsonl", None, "indexes/plain")
    for name in ("score", "filter", "show", "augment", "records", "evaluate", "report", "sweep"):
        assert call(*example((name,), capsys)) == 0, name
    shutil.rmtree("indexes/mine")  # that of xqg augment
    assert call(*example(("index",), capsys)) == 0
    assert json.loads(Path("indexes/mine/xqg.json").read_text(encoding="utf-8"))["kind"] == "index"
