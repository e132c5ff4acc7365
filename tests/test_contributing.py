"""The files that ``CONTRIBUTING.md`` shows, as they stand there: short, and at work in their place of the package."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import ir_measures
import pytest

from pyserini_xqg.collection.datasets import formats
from pyserini_xqg.collection.datasets.formats import detect_format, read_examples
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.measures.scores import parse_measures, score_run
from pyserini_xqg.generation.backends import by_name
from pyserini_xqg.generation.backends.by_name import make_generator
from pyserini_xqg.generation.builder import XqgQueryBuilder
from pyserini_xqg.training.mining.mining import Mining
from pyserini_xqg.training.mining.rules.by_name import RULES
from pyserini_xqg.training.mining.settings import MiningInputs, mining_settings
from tests.conftest import write_lines

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^`(?P<file>[\w/]+\.py)`:\n\n```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = {found["file"]: found["code"] for found in FENCE.finditer(TEXT)}
FILES = [file for file, code in SHOWN.items() if code.startswith('"""')]
LINES = [file for file in SHOWN if file not in FILES]
Added = Callable[[str], ModuleType]


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Added:
    """Puts a file that is shown into its folder of the package, and imports it."""

    def add(file: str) -> ModuleType:
        name = file.removesuffix(".py").replace("/", ".")
        parent = import_module(name.rpartition(".")[0])
        place = tmp_path / file
        place.parent.mkdir(parents=True)
        place.write_text(SHOWN[file], encoding="utf-8")
        monkeypatch.setattr(parent, "__path__", [*parent.__path__, str(place.parent)])
        monkeypatch.setattr(parent, place.stem, None, raising=False)
        monkeypatch.setitem(sys.modules, name, None)  # so that both are gone again afterwards
        del sys.modules[name]
        return import_module(name)

    return add


def test_a_file_and_its_line_are_shown_for_each_of_four() -> None:
    assert len(FILES) == len(LINES) == 4
    assert TEXT.count("```python") == 8


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_new_short_and_says_what_it_is(file: str) -> None:
    assert not (ROOT / file).exists()
    assert SHOWN[file].count("\n") < 60
    assert max(map(len, SHOWN[file].splitlines())) <= 120


@pytest.mark.parametrize("file", LINES)
def test_a_line_is_one_and_its_file_is_there(file: str) -> None:
    assert SHOWN[file].count("\n") == 1
    assert (ROOT / file).is_file()


def test_what_the_commands_name_is_there() -> None:
    assert [name for name in re.findall(r"tests/[\w/.]+", TEXT) if not (ROOT / name).exists()] == []


def test_the_map_has_every_folder() -> None:
    rows = [row for row in TEXT.splitlines() if row.startswith("| `")]
    shown = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    there = {folder.parent.name for folder in (ROOT / "pyserini_xqg").glob("*/__init__.py")}
    assert there < shown and len(rows) <= 15
    modules = {module.stem for module in (ROOT / "pyserini_xqg").glob("*.py")}
    assert all((ROOT / name).is_dir() for name in shown - there - modules)


def test_the_generator_writes_queries(added: Added, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    added("pyserini_xqg/generation/backends/names.py")
    for name, place in eval("{" + SHOWN["pyserini_xqg/generation/backends/by_name.py"] + "}").items():
        monkeypatch.setitem(by_name.GENERATORS, name, place)
    passages = [
        {"id": "d1", "title": "Niger River", "text": "It rises in Guinea and flows through Mali since 1826."},
        {"id": "d2", "text": "no name at all"},
    ]
    corpus = write_lines(tmp_path / "corpus.jsonl", passages)
    generator = make_generator("names", corpus, ["fi"], terms=2)
    manifest = XqgQueryBuilder(generator, ["fi"], 2).build(corpus, tmp_path / "queries")
    (part,) = (tmp_path / "queries").glob("part-*.jsonl")
    written = {record["id"]: record["queries"] for record in map(json.loads, part.read_text("utf-8").splitlines())}
    assert written == {"d1": {"fi": ["Niger River Guinea", "Mali 1826"]}, "d2": {}}
    assert manifest.settings["generator"] == {"generator": "names", "terms": 2}


def test_the_measure_scores_a_run(added: Added, monkeypatch: pytest.MonkeyPatch) -> None:
    known = ir_measures.measures.registry
    monkeypatch.setitem(known, "LogRR", None)  # so that it is gone again afterwards
    del known["LogRR"]
    added("pyserini_xqg/evaluation/measures/log_rank.py")
    exec(SHOWN["pyserini_xqg/evaluation/measures/scores.py"])
    run = {"q1": ["d1", "d2"], "q2": ["d1", "d2", "d3"], "q3": ["d1"]}
    qrels = {"q1": {"d1": 1}, "q2": {"d1": 0, "d3": 2}, "q3": {"d9": 1}, "q4": {"d9": 1}}
    measures = parse_measures(["LogRR,LogRR@2"])
    assert score_run(run, qrels, measures).values == {
        "LogRR": {"q1": 1.0, "q2": 0.5, "q3": 0.0, "q4": 0.0},
        "LogRR@2": {"q1": 1.0, "q2": 0.0, "q3": 0.0, "q4": 0.0},
    }


def registered(file: str, module: ModuleType, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put what the line of a table that is shown says into the table."""
    names = {module.__name__.rpartition(".")[2]: module}
    for name, value in eval("{" + SHOWN[file] + "}", names).items():
        monkeypatch.setitem(table, name, value)


def test_the_data_set_is_read(added: Added, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = added("pyserini_xqg/collection/datasets/mkqa.py")
    registered("pyserini_xqg/collection/datasets/formats.py", module, formats.FORMATS, monkeypatch)
    line = {
        "example_id": 7,
        "query": "who is the king",
        "queries": {"fi": "kuka on kuningas", "zh_cn": "谁"},
        "answers": {"en": [{"type": "entity", "text": "Arthur"}, {"type": "unanswerable", "text": None}]},
    }
    file = write_lines(tmp_path / "mkqa.jsonl", [line])
    assert detect_format(file) == "mkqa"
    found = read_examples(file, "mkqa")
    assert [(each.id, each.question, each.language) for each in found] == [
        ("7-fi", "kuka on kuningas", "fi"),
        ("7-zh_cn", "谁", "zh"),
    ]
    assert {(each.answers, each.english, each.positives) for each in found} == {(("Arthur",), "who is the king", ())}
    with pytest.raises(InvalidInput, match=r"bad\.jsonl:1: queries and answers by language"):
        read_examples(write_lines(tmp_path / "bad.jsonl", [{"query": "who"}]), "mkqa")


def test_the_mining_rule_labels(
    added: Added, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = added("pyserini_xqg/training/mining/rules/strict.py")
    registered("pyserini_xqg/training/mining/rules/by_name.py", module, RULES, monkeypatch)
    # All passages have the answer but one, so that some of them come later than the first.
    texts = [f"{'bridge ' * number}stone zorbak" for number in range(8)] + ["water"]
    corpus = write_lines(tmp_path / "corpus.jsonl", ({"id": f"d{k}", "text": text} for k, text in enumerate(texts)))
    question = {"id": "q1", "question": "missä kivi", "answers": ["Zorbak"], "lang": "fi"}
    asked = write_lines(tmp_path / "questions.jsonl", [question])
    inputs = MiningInputs(questions=(str(asked),), corpus=str(corpus))
    settings = mining_settings({"recipe": "strict", "depth": 9, "positives": 9})
    manifest = Mining(inputs, settings, EncoderSettings(str(tiny_model)), device="cpu").run(tmp_path / "out")
    (example,) = read_examples(tmp_path / "out" / "train.jsonl")
    assert len(example.positives) in (4, module.FIRST)  # four, where the one without the answer is among the first
    assert [passage.id for passage in example.negatives] == ["d8"]
    assert manifest.counts["passed_over"] == {"has an answer": 8 - len(example.positives)}
