"""Shell and Python of README and docs, as they stand there: run in order in a folder with small inputs, or checked.

``pytest -s`` prints what runs. Nothing is put in the place of a name that a document gives; see
`tests/fixtures/documented_inputs.py`.
"""

from __future__ import annotations

import ast
import os
import re
import runpy
import sys
from configparser import ConfigParser
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from pyserini_xqg import errors
from pyserini_xqg.cli import app
from pyserini_xqg.training.common.config import read_config
from pyserini_xqg.training.data.settings import TrainingDataSettings
from pyserini_xqg.training.mining.settings import MiningSettings
from pyserini_xqg.training.retriever.settings import RetrieverSettings
from tests.conftest import call, make_model
from tests.fixtures.documented_inputs import E5, PREFIXES, make
from tests.fixtures.documents import ROOT, Block, blocks, documents, inline_commands
from tests.fixtures.processes import finish, start
from tests.generation.backends.test_causal import make_causal

MT5 = "ielabgroup/xor-tydi-docTquery-mt5-base"
WRITTEN_BY_MT5 = ("ar", "bn", "fi", "ja", "ko", "ru", "te")
LANGUAGE_MODEL = "google/gemma-3-270m"
TRANSLATOR = "facebook/nllb-200-distilled-600M"
# What the blocks of a document read and do not make.
NEEDED: dict[str, list[str]] = {
    "README.md": ["corpus.jsonl", "queries.jsonl", "topics.tsv", "qrels.txt", "dictionaries", MT5],
    "docs/alignment.md": ["xnli", "dictionaries", E5],
    "docs/another-encoder.md": ["corpus.jsonl", "queries.jsonl", E5],
    "docs/another-language.md": ["corpus.jsonl", "dictionaries"],
    "docs/choosing-weights.md": ["corpus.jsonl", "queries.jsonl", "topics.fi.tsv", "topics.sw.tsv", "qrels.txt"],
    "docs/dictionaries.md": ["corpus.jsonl", "dictionaries", "cedict.txt"],
    "docs/dropped-queries.md": ["corpus.jsonl", MT5],
    "docs/large-corpora.md": ["corpus.jsonl", "queries.jsonl", E5, MT5],
    "docs/data.md": ["corpus.jsonl", "queries.jsonl", E5, "indexes/mine", "data/xquad"],
    "docs/evaluation.md": [
        *(f"indexes/demo/runs/{name}.txt" for name in ("plain", "augmented", "shuffled")),
        *("indexes/demo/qrels.txt", "indexes/demo/topics-0-fi.tsv", "indexes/demo/topics-0-ru.tsv"),
        *("runs/plain.txt", "runs/xqg.txt", "plain.txt", "hubness.txt", "xqg.txt", "both.txt"),
        *("shuffled.txt", "qrels.txt", "topics.fi.tsv", "topics.ru.tsv"),
        *("xor_dev_retrieve_eng_span_v1_1.jsonl", "corpus"),
    ],
    "docs/generation.md": [
        *("corpus.jsonl", "corpus", "queries.jsonl", E5, MT5, TRANSLATOR, "indexes/plain", "cedict.txt"),
        *("en.txt", "te.txt", "cldr/common", "locations.mo", "counts.txt"),
        *("freedict-eng-rus.index", "freedict-eng-deu.index", "freedict-deu-rus.index"),
    ],
    "docs/indexes.md": ["corpus.jsonl", "corpus", "queries.jsonl", "queries", E5, "indexes/plain"],
    "docs/export.md": ["corpus.jsonl", "queries.jsonl", E5, "indexes/mine", "topics.fi.tsv"],
    "docs/plan.md": [],
    "docs/report.md": [
        *(
            "corpus.jsonl",
            "queries.jsonl",
            "queries",
            E5,
            "indexes/plain",
            "indexes/mine",
            "qrels.txt",
            "topics.ar.tsv",
        ),
        *("topics.fi.tsv", "sweeps/mine", "runs/plain.txt", "runs/xqg.txt", "runs/shuffled.txt"),
    ],
    "docs/scale.md": ["corpus.jsonl", "queries", "models/xdr"],
    "docs/sweeps.md": ["corpus", "queries", "fi.tsv", "sw.tsv", "qrels.txt", E5],
    "docs/training.md": ["train.jsonl", "dev.jsonl", "bert-base-multilingual-cased"],
    "docs/training-distill.md": [
        *("train.jsonl", "dev.jsonl", "queries", "xor-tydi"),
        *("models/generator", "models/xdr", "models/english", "xlm-roberta-base"),
    ],
    "docs/training-generator.md": [
        *("train.jsonl", "dev.jsonl", "translations.jsonl", "corpus"),
        *("google/mt5-base", LANGUAGE_MODEL, "models/base", "models/generator"),
    ],
    "docs/training-mine.md": [
        *("xor_train.jsonl", "gold.jsonl", "dev.jsonl", "corpus", "cora.toml", "models/xdr", "models/reader"),
    ],
}
# Has a test of its own, which compares what comes out.
STOCK = "docs/plugin-and-java.md"
# Its commands have names in the place of files; tests/reproduction runs them.
REPRODUCTIONS = "docs/reproductions.md"
# Its commands fail as shown; test_troubleshooting.py makes these mistakes.
TROUBLESHOOTING = "docs/troubleshooting.md"
# Its notebook is run by a Jupyter kernel, and what it prints compared; see test_tutorial.py.
TUTORIAL = "docs/tutorial.md"
# Commands that begin so are not run, but their options, files and extras are looked up.
NOT_RUN = {
    "pip install": "changes the environment; .ci/run and test_install_forms.py do it",
    "pytest": "is what runs this",
    "xqg data": "fetches files, or takes those that were published; tests/collection/published runs it on stand-ins",
    "xqg push": "writes to the hub; tests/sharing runs it on a stand-in",
    "xqg pull": "fetches from the hub; the same",
    "xqg index --corpus corpus.jsonl --queries hf:": "the same",
    "xqg demo": "takes minutes; tests/demo runs it",
    "xqg doctor": "looks at the machine; tests/plugin runs it",
    "accelerate launch": "several processes; tests/training/retriever runs two",
    "python benchmarks/": "minutes to hours",
}
# Commands that have all these words are run with these added.
ADDED = {
    ("--generator", "lexicon"): (["--dictionaries", "dictionaries"], "Debian's are not on every machine"),
    ("train", "retriever"): (["--dry-run"], "tests/training trains; here all is read and planned"),
    ("train", "distill"): (["--dry-run"], "the same"),
    ("train", "generator", "models/generator"): (["--dry-run"], "the same: 2,000 steps"),
    ("train", "mine", "--rounds"): (["--dry-run"], "the same"),
    ("generate", "models/translator"): (["--no-cleaning"], "what the likeliest bytes of a tiny model are is no text"),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, tiny_mt5: Path, translators: dict[str, Path]) -> dict[str, Path]:
    """Tiny models by the names that documents have for them; E5's has its dimension, and says nothing of prefixes."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    folder = tmp_path_factory.mktemp("models")
    transformer = Transformer(str(make_model(folder / "wide", hidden=384, layers=1, positions=160)))
    modules = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode="mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "e5"), create_model_card=False)
    bert = make_model(folder / "bert", positions=160)
    causal = make_causal(folder / "causal", chat=False)
    bi_encoders = ("bert-base-multilingual-cased", "xlm-roberta-base", "models/xdr", "models/english")
    return {
        E5: folder / "e5",
        TRANSLATOR: translators["mbart50"],
        **dict.fromkeys(("models/base", LANGUAGE_MODEL), causal),
        **dict.fromkeys(bi_encoders, bert),
        **dict.fromkeys((MT5, "google/mt5-base", "models/generator", "models/reader"), tiny_mt5),
    }


def reason_not_to_run(command: list[str]) -> str | None:
    return next((why for begin, why in NOT_RUN.items() if " ".join(command).startswith(begin)), None)


def with_added(command: list[str]) -> list[str]:
    return command + [word for words, (more, _) in ADDED.items() if {*words} <= {*command} for word in more]


def run_in(folder: Path, steps: list[Any]) -> None:
    """Run modules and Python blocks one after the other; in a process of its own, where Pyserini may start Java."""
    os.chdir(folder)
    for step in steps:
        if isinstance(step, Block):
            exec(compile(step.text, step.place, "exec"), {"__name__": step.place})
            continue
        sys.argv = step
        try:
            runpy.run_module(step[0], run_name="__main__", alter_sys=True)
        except SystemExit as end:
            assert not end.code, (step, end.code)


def run_blocks(document: str, folder: Path) -> None:
    """Run the commands and Python blocks of a document in a folder: Pyserini's in a process of its own."""
    waiting: list[Any] = []

    def run_waiting() -> None:
        if waiting:
            finish(start(run_in, folder, waiting, output=folder / "stock.log"), folder / "stock.log")
            waiting.clear()

    for block in blocks(document):
        if block.kind == "python":
            print(f"{block.place}: Python")
            if re.search(r"^(from|import) pyserini\b(?!_)", block.text, re.MULTILINE):
                waiting.append(block)
            else:
                run_waiting()
                exec(compile(block.text, block.place, "exec"), {"__name__": block.place})
        for command in block.commands() if block.kind == "shell" else ():
            if why := reason_not_to_run(command):
                print(f"{block.place}: not run, {why}: {' '.join(command)}")
                continue
            command = with_added(command)
            print(f"{block.place}: {' '.join(command)}")
            if command[:2] == ["python", "-m"]:
                waiting.append(command[2:])
            elif command[0] == "ir_measures":
                waiting.append(command)
            else:
                run_waiting()
                if command[0] == "mkdir":
                    Path(command[1]).mkdir()
                else:
                    assert call(*command[1:]) == 0, f"{block.place}: {' '.join(command)}"
    run_waiting()


def rows_of(folder: Path) -> tuple[list[str], Any]:
    index = faiss.read_index(str(folder / "index"))
    return (folder / "docid").read_text().split(), index.reconstruct_n(0, index.ntotal)


def rankings(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        topic, _, docid, *_ = line.split()
        found.setdefault(topic, []).append(docid)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("document", NEEDED)
def test_blocks_run_as_they_stand(
    document: str, models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, NEEDED[document], models)
    run_blocks(document, tmp_path)


@pytest.mark.slow
def test_stock_encode_makes_the_index_of_xqg_index(
    models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path, ["corpus", "queries", "topics.tsv", E5], models)
    given = ("--corpus", "corpus", "--queries", "queries", "--encoder", E5, *PREFIXES, "--alpha", 0.01)
    assert call("index", *given, "--output", "indexes/mine") == 0
    run_blocks(STOCK, tmp_path)
    (ids, rows), (stock_ids, stock_rows) = rows_of(Path("indexes/mine")), rows_of(Path("indexes/stock"))
    assert stock_ids == ids
    np.testing.assert_allclose(stock_rows, rows, rtol=0, atol=1e-5)
    expected = rankings(Path("run.txt"))
    assert len(expected) == 7 and all(len(ranking) == len(ids) for ranking in expected.values())
    assert rankings(Path("run-stock.txt")) == rankings(Path("run-encoded.txt")) == expected
    assert rankings(Path("run-hybrid.txt")).keys() == expected.keys()


def checked(command: list[str], place: str) -> None:
    """Look up what a command names: options of `xqg` and of scripts, extras and files of `pip`."""
    words = [word for word in command if word != "..."]
    if words[0] == "accelerate":
        words = ["xqg", *words[words.index("pyserini_xqg") + 1 :]]
    options = {word.split("=")[0] for word in words if re.match("--[a-z]", word)}
    if words[0] == "xqg":
        path, apps, _ = app.parse_commands(words[1:])
        commands = [part for part in apps if part.default_command is not None]
        names = {
            name for part in commands for argument in part.assemble_argument_collection() for name in argument.names
        }
        assert options <= {*names, *app, "--help"}, f"{place}: {options - names} of {' '.join(command)}"
        assert path or options, f"{place}: no command of xqg: {' '.join(command)}"
    elif words[0] == "python" and words[1] != "-m":
        assert options <= {*re.findall(r"--[a-z-]+", (ROOT / words[1]).read_text("utf-8"))}, f"{place}: {command}"
    elif words[0] == "pip":
        setup = ConfigParser()
        setup.read(ROOT / "setup.cfg", "utf-8")
        extras = {extra for word in words for found in re.findall(r"\[(.*)\]", word) for extra in found.split(",")}
        assert extras <= {*setup["options.extras_require"]}, f"{place}: {command}"
        assert all((ROOT / file).is_file() for option, file in pairwise(words) if option == "-c")


@pytest.mark.parametrize("document", documents())
def test_all_commands_have_the_options_that_are_named(document: str) -> None:
    for block in blocks(document):
        for command in block.commands() if block.kind == "shell" else ():
            checked(command, block.place)
        for command in block.script_commands():
            checked(command, block.place)
    for command in inline_commands(document):
        checked(command, document)


@pytest.mark.parametrize("document", documents())
def test_every_document_with_something_to_run_is_run(document: str) -> None:
    runs = [
        block.place
        for block in blocks(document)
        if block.kind == "python"
        or (block.kind == "shell" and not all(reason_not_to_run(command) for command in block.commands()))
    ]
    assert bool(runs) == (document in NEEDED or document in (STOCK, REPRODUCTIONS, TROUBLESHOOTING, TUTORIAL)), runs


@pytest.mark.parametrize("document", documents())
def test_what_python_blocks_import_is_there(document: str) -> None:
    for block in blocks(document):
        for node in ast.walk(ast.parse(block.text)) if block.kind == "python" else ():
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pyserini_xqg"):
                module = import_module(node.module)
                assert [name.name for name in node.names if not hasattr(module, name.name)] == [], block.place


@pytest.mark.parametrize("document", documents())
def test_models_are_asked_as_they_want_to_be(document: str) -> None:
    for block in blocks(document):
        if block.kind == "python" and E5 in block.text:
            assert 'query_prefix="query: ", passage_prefix="passage: "' in block.text, block.place
        for command in block.commands() if block.kind == "shell" else ():
            assert E5 not in command or {*PREFIXES} <= {*command}, f"{block.place}: {' '.join(command)}"
            if command[:2] == ["xqg", "generate"] and "--generator" not in command:
                asked = command[command.index("--language") + 1].split(",")
                assert {*asked} <= {*WRITTEN_BY_MT5}, f"{block.place}: the paper's model does not write {asked}"


@pytest.mark.parametrize("document", documents())
def test_settings_that_are_shown_are_settings(document: str, tmp_path: Path) -> None:
    tables = {"mining": MiningSettings, "retriever": RetrieverSettings, "data": TrainingDataSettings}
    for block in blocks(document):
        if block.text.startswith("["):
            (tmp_path / "settings.toml").write_text(block.text, encoding="utf-8")
            assert read_config(tmp_path / "settings.toml", tables)["data"]["dev"] == ("dev.jsonl",)


@pytest.mark.parametrize("command", ["records", "encoder"])
def test_help_names_what_stock_encode_needs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(command, "--help") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "--fields title text query" in said
    assert "--dimension" in said


def test_exit_codes_are_those_of_the_errors() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", (ROOT / "docs" / "exit-codes.md").read_text("utf-8"), re.MULTILINE)
    # Of several errors with one code the first is the general one.
    tree = [*reversed(errors.XqgError.__subclasses__()), errors.XqgError]
    said = {str(error.exit_code): str(error.__doc__).rstrip(".").lower().split(":")[0] for error in tree}
    said |= {"0": "done"}
    assert {code: text.lower().split(":")[0] for code, text in rows} == said
