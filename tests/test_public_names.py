"""Public names: found, listed, typed, and with paths as texts or pathlib's wherever one is taken."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import pyserini_xqg
from tests.conftest import make_model, sentence, write_lines
from tests.fixtures.generation import make_t5
from tests.fixtures.published import stand_in
from tests.fixtures.training import dev_line, line, words
from tests.generation.backends.lexicon.dict_format import write_dictionary
from tests.generation.backends.test_causal import make_causal
from tests.public_calls import CALLS, SLOW_CALLS, Place

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "pyserini_xqg"
FOLDERS = sorted(stub.parent.name for stub in PACKAGE.glob("*/__init__.pyi"))
MODELS = ("encoder", "model", "query_model", "base", "teacher", "reader", "model_name", "encoder_dir")
# What the examples of the docs take for granted.
GIVEN = """
from typing import Any
texts: dict[str, str]
answers: dict[str, list[str]]
qrels: Any
run: Any
"""


def public() -> Iterator[tuple[str, Any]]:
    """The public names, of the package and its folders."""
    for module in (pyserini_xqg, *(import_module(f"pyserini_xqg.{folder}") for folder in FOLDERS)):
        for name in module.__all__:
            yield name, getattr(module, name)


def entries() -> Iterator[tuple[str, inspect.Signature]]:
    """What can be called, with the methods of classes after these."""
    for name, thing in public():
        if inspect.isfunction(thing):
            yield name, inspect.signature(thing)
        elif inspect.isclass(thing) and not issubclass(thing, Exception):
            yield name, inspect.signature(thing)
            for method, called in inspect.getmembers(thing, inspect.isroutine):
                if not method.startswith("_") and called.__module__ and called.__module__.startswith("pyserini_xqg"):
                    yield f"{name}.{method}", inspect.signature(called)


def paths_of(signature: inspect.Signature) -> list[str]:
    """The annotations of parameters that take a path."""
    return [str(each.annotation) for each in signature.parameters.values() if "Path" in str(each.annotation)]


def test_the_names_are_listed_and_can_be_had_by_a_star() -> None:
    assert set(pyserini_xqg.__all__) <= set(dir(pyserini_xqg))
    names: dict[str, object] = {}
    exec("from pyserini_xqg import *", names)
    assert {name: names[name] for name in pyserini_xqg.__all__} == {
        name: getattr(pyserini_xqg, name) for name in pyserini_xqg.__all__
    }


def test_the_stub_says_where_the_names_are() -> None:
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    stated = {
        each.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for each in node.names
        if each.name == each.asname
    }
    assert stated == pyserini_xqg._HOMES


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_names_of_a_folder_are_listed_and_there(folder: str) -> None:
    module = import_module(f"pyserini_xqg.{folder}")
    assert module.__all__ and set(module.__all__) <= set(dir(module))
    assert all(getattr(module, name) is not None for name in module.__all__)


def test_a_path_can_be_a_text_wherever_one_is_taken() -> None:
    narrow = {
        (name, each.name)
        for name, signature in entries()
        for each in signature.parameters.values()
        if re.search(r"(?<!str \| )\bPath\b", str(each.annotation))
        # A model can be a folder.
        or (each.name in MODELS and re.search(r"\bstr\b(?! \| Path)", str(each.annotation)))
    }
    assert narrow == {("ServerGenerator", "model")}  # its name on the server


def test_every_entry_that_takes_a_path_is_called() -> None:
    called = [entry for calls in (CALLS, SLOW_CALLS) for known in calls.known for entry in known]
    assert len(called) == len(set(called))
    assert set(called) == {name for name, signature in entries() if paths_of(signature)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the calls read."""
    folder = tmp_path_factory.mktemp("public")
    make_model(folder / "encoder")
    make_t5(folder / "t5")
    make_causal(folder / "causal", chat=False)
    passages = [{"id": f"d{number}", "text": sentence(number, 8)} for number in range(23)]
    write_lines(folder / "corpus.jsonl", passages)
    queries = ({"id": f"d{n}", "queries": {"fi": [sentence(n + 100, 4)], "ru": [sentence(n, 3)]}} for n in range(23))
    write_lines(folder / "queries.jsonl", queries)
    write_dictionary(folder / "dictionaries", "freedict-eng-fin", {"river": "joki", "water": "vesi"})
    texts: dict[str, Callable[[int], str]] = {
        "fi.tsv": lambda n: f"q{n}\t{sentence(n, 4)}",
        "clusters.tsv": lambda n: f"q{n}\tc{n // 2}",
        "qrels.txt": lambda n: f"q{n} 0 d{n} 1",
        "run.txt": lambda n: f"q{n} Q0 d{n} 1 1.0 run",
        "gold.jsonl": lambda n: json.dumps({"id": f"q{n}", "lang": "fi", "answers": [sentence(n, 2)]}),
    }
    for name, text in texts.items():
        (folder / name).write_text("".join(f"{text(number)}\n" for number in range(8)), encoding="utf-8")
    _data_sets(folder)
    _training_data(folder)
    stand_in("flores", folder / "published")
    return folder


def _data_sets(folder: Path) -> None:
    for name in ("squad", "afriqa", "xnli", "fi-en"):
        (folder / name).mkdir()
    for language in ("en", "fi"):
        asked = [{"id": "q1", "question": "joki", "answers": [{"text": "river"}]}]
        content = {"data": [{"title": "t", "paragraphs": [{"context": "river", "qas": asked}]}]}
        (folder / "squad" / f"xquad.{language}.json").write_text(json.dumps(content), encoding="utf-8")
        rows = "".join(f"{sentence(number, 5)}\t{sentence(number + 9, 5)}\tneutral\n" for number in range(6))
        (folder / "xnli" / f"dev-{language}.tsv").write_text(rows, encoding="utf-8")
        asks = {"en": ("Who", "When"), "fi": ("Kuka", "Milloin")}[language]
        rows = "".join(f"{asks[number % 2]} {words(f'{language}{number}', 5)}\n" for number in range(20))
        (folder / "fi-en" / f"{language}.txt").write_text(rows, encoding="utf-8")
    write_lines(folder / "of-xnli.jsonl", ({"id": f"s{n}", "queries": {"fi": [sentence(n, 4)]}} for n in range(6)))
    pairs = "".join(f"fi:s{number}\tp{number}\n" for number in range(6))
    (folder / "pairs.tsv").write_text(pairs, encoding="utf-8")
    record = {"context": "river", "title": "t", "question_lang": "kogi?", "answer_pivot": {"text": ["river"]}}
    write_lines(folder / "afriqa" / "gold_span_passages.afriqa.hau.en.dev.json", [record])


def _training_data(folder: Path) -> None:
    lines = [line(number) | {"english": words(f"e{number}", 4)} for number in range(20)]
    write_lines(folder / "train.jsonl", lines)
    write_lines(folder / "dev.jsonl", map(dev_line, range(20)))
    positives = [each["positive_passages"][0] for each in lines]
    others = [passage for each in lines for passage in each["negative_passages"]]
    as_corpus = [{"id": each["docid"], "title": each.get("title", ""), "text": each["text"]} for each in positives]
    write_lines(folder / "of-train-corpus.jsonl", as_corpus)
    write_lines(
        folder / "train-corpus.jsonl",
        [*as_corpus, *({"id": each["docid"], "text": each["text"]} for each in others)],
    )
    written = ({"id": each["id"], "queries": {"fi": [words(each["id"], 4)]}} for each in as_corpus)
    write_lines(folder / "of-train.jsonl", written)


@pytest.mark.parametrize("written", [str, Path])
@pytest.mark.parametrize(
    "call",
    [
        *(pytest.param(call, id=call.__name__) for call in CALLS.known.values()),
        *(pytest.param(call, id=call.__name__, marks=pytest.mark.slow) for call in SLOW_CALLS.known.values()),
    ],
)
def test_a_path_can_be_written_as_a_text_and_as_pathlibs(
    call: Callable[[Place], object], written: Callable[[Path], str | Path], files: Path, tmp_path: Path
) -> None:
    shutil.copytree(files, tmp_path / "place")
    call(Place(tmp_path / "place", written))


def examples() -> Iterator[tuple[str, str]]:
    """The file and the text of each Python example of the README and the docs."""
    for file in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = file.read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        blocks += [
            textwrap.dedent(block)
            for block in re.findall(r"(?:^(?: {4}.*)?\n)+", text, re.MULTILINE)
            if re.search(r"^    (?:from|import) \w", block, re.MULTILINE)
        ]
        for block in blocks:
            yield file.name, block


@pytest.mark.slow
def test_mypy_accepts_the_examples_and_the_calls(tmp_path: Path) -> None:
    found = list(examples())
    assert {name for name, _ in found} >= {"README.md", "generation.md", "evaluation.md", "sweeps.md", "training.md"}
    for number, (name, block) in enumerate(found):
        file = tmp_path / f"example_{number}_{name.removesuffix('.md').replace('-', '_')}.py"
        file.write_text(GIVEN + block, encoding="utf-8")
    # The package's own settings, so that what mypy remembers of the package can be used.
    command = [sys.executable, "-m", "mypy", *sorted(tmp_path.glob("*.py")), ROOT / "tests" / "public_calls.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_examples_are_python_and_name_what_is_there() -> None:
    for name, block in examples():
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("pyserini_xqg"):
                module = import_module(str(node.module))
                assert all(hasattr(module, each.name) for each in node.names), name
