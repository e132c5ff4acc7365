"""Every text file that a user can give is read plain and gzipped, and is named where it is damaged."""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import pyserini_xqg
from pyserini_xqg import collection as c
from pyserini_xqg import evaluation as e
from pyserini_xqg import storage as s
from pyserini_xqg.collection.datasets.line_aligned import read_line_aligned, read_parallel_questions
from pyserini_xqg.collection.query_lookup import QueryLookup
from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.generation.backends.lexicon.dictionary import Dictionary
from pyserini_xqg.generation.dictionaries.frequencies import read_frequencies
from pyserini_xqg.generation.dictionaries.sources import Source
from pyserini_xqg.training import RetrieverSettings
from pyserini_xqg.training.common.config import read_config


class Reader(NamedTuple):
    """A reader, the file that it is tried on, and what else has to be in the folder."""

    read: Callable[[Path], Any]
    name: str
    content: object
    beside: dict[str, object] = {}  # noqa: RUF012 - nobody changes it
    named: bool = False  # whether the file is found by its name


def lines(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def squad(question: str) -> dict[str, object]:
    asked = {"id": "q1", "question": question, "answers": [{"text": "Guinea", "answer_start": 0}]}
    return {"data": [{"title": "Niger", "paragraphs": [{"context": "It rises in Guinea.", "qas": [asked]}]}]}


def of_queries(file: Path) -> Any:
    with QueryLookup(file.parent) as lookup:
        for name in ("d1", "d2"):
            lookup.add_passage(name)
        counts = lookup.add_queries(file)
        return asdict(counts) | {"path": None}, lookup.queries_of([0, 1])


def first_entry(index: Path) -> Any:
    dictionary = Dictionary(index)
    return dictionary.sha256, dictionary.senses("river")


def examples(path: Path) -> Any:
    return c.read_examples(path)


def translated(language: str, source: str) -> Any:
    return [*Source.parse(source).read(language)]


CEDICT = "政府 政府 [zheng4 fu3] /government/\n"
PASSAGE = {"id": "d1", "text": "The Niger rises in Guinea."}
QUERIES = [{"id": name, "queries": {"fi": [f"joki {name}"]}} for name in ("d2", "d1")]
QUESTION = {"id": "q1", "question": "Missä?", "answers": ["Guinea"], "lang": "fi", "split": "train"}
TEVATRON = {"query_id": "q1", "query": "Missä?", "positive_passages": [PASSAGE], "negative_passages": []}
DPR = {"question": "where", "answers": ["a"], "positive_ctxs": [PASSAGE], "negative_ctxs": [], "hard_negative_ctxs": []}
AFRIQA = {"id": 1, "question_lang": "ina?", "context": "The Niger.", "title": "Niger", "answer_pivot": {"text": ["a"]}}
AFRIQA_FILE = "gold_span_passages.afriqa.hau.en.train.json"
XNLI = "en\tfi\nriver\tjoki\nbridge\tsilta\n"
LONG = "language\tpairID\tsentence1\tsentence2\nen\t1\triver\ta\nfi\t1\tjoki\tb\nen\t2\tlight\ta\nfi\t2\tvalo\tb\n"
INDEX, ENTRIES = "river\tA\tS\n", "river /x/\n1. joki\n"

READERS = {
    "corpus": Reader(lambda file: [each for _, each in c.Corpus(file, 2).scan()], "corpus.jsonl", lines(PASSAGE)),
    "sample": Reader(lambda file: c.sample_passages(file, 2), "corpus.jsonl", lines(PASSAGE)),
    "texts": Reader(lambda file: e.read_texts(file, {"q": ["d1"]}), "corpus.jsonl", lines(PASSAGE)),
    "records": Reader(lambda file: [each.value for each in s.read_records(file)], "x.jsonl", lines({"a": 1})),
    "queries": Reader(of_queries, "queries.jsonl", lines(*QUERIES)),
    "topics": Reader(lambda file: [*c.read_topics(file)], "topics.tsv", "q1\tmissä\n"),
    "topics of a language": Reader(lambda file: e.languages_of_topics([("fi", file)]), "topics.tsv", "q1\tmissä\n"),
    "run": Reader(e.read_run, "run.txt", "q1 Q0 d1 1 0.5 x\n"),
    "qrels": Reader(e.read_qrels, "qrels.txt", "q1 0 d1 1\n"),
    "gold": Reader(e.read_gold, "gold.jsonl", lines(QUESTION)),
    "predictions": Reader(e.read_predictions, "p.json", json.dumps([{"id": "q1", "lang": "fi", "ctxs": ["a"]}])),
    "tevatron": Reader(examples, "train.jsonl", lines(TEVATRON)),
    "dpr": Reader(examples, "train.json", json.dumps([DPR], indent=1)),
    "xor-tydi": Reader(examples, "train.jsonl", lines(QUESTION)),
    "squad": Reader(examples, "xquad.fi.json", json.dumps(squad("Missä?"), indent=1)),
    "squad folder": Reader(
        lambda file: c.read_squad_folder(file.parent),
        *("xquad.fi.json", json.dumps(squad("Missä?")), {"xquad.en.json": json.dumps(squad("Where?"))}, True),
    ),
    "squad examples": Reader(
        lambda file: examples(file.parent),
        *("xquad.fi.json", json.dumps(squad("Missä?")), {"xquad.en.json": json.dumps(squad("Where?"))}, True),
    ),
    "afriqa": Reader(lambda file: c.read_afriqa_folder(file.parent, "train"), AFRIQA_FILE, lines(AFRIQA), {}, True),
    "afriqa examples": Reader(lambda file: examples(file.parent), AFRIQA_FILE, lines(AFRIQA), {}, True),
    "xnli, 15 ways": Reader(c.read_xnli, "xnli.15way.orig.tsv", XNLI),
    "xnli 1.0": Reader(c.read_xnli, "xnli.dev.tsv", LONG),
    "xnli folder": Reader(
        lambda file: c.read_xnli(file.parent),
        *("dev-fi.tsv", "joki\tvesi\nvalo\tpuu\n", {"dev-en.tsv": "river\twater\nlight\ttree\n"}, True),
    ),
    "line by line": Reader(
        lambda file: read_line_aligned({None: file.parent / "en.txt"}, [("fi", file)]),
        *("fi.txt", "joki\nvalo\n", {"en.txt": "river\nlight\n"}),
    ),
    "parallel questions": Reader(
        lambda file: read_parallel_questions(file.parent), "fi.txt", "joki\nvalo\n", {"en.txt": "river\nlight\n"}, True
    ),
    "dictionary": Reader(first_entry, "freedict-eng-fin.index", INDEX, {"freedict-eng-fin.dict": ENTRIES}),
    "entries": Reader(
        lambda file: first_entry(file.with_suffix(".index")),
        *("freedict-eng-fin.dict", ENTRIES, {"freedict-eng-fin.index": INDEX}),
    ),
    "frequencies": Reader(read_frequencies, "counts.txt", "joki 5\nvalo\t3\n"),
    "cedict": Reader(lambda file: translated("zh", f"cedict={file}"), "cedict.txt", CEDICT),
    "readings": Reader(
        lambda file: translated("ko", f"readings={file.parent / 'cedict.txt'},{file}"),
        *("readings.txt", "U+653F\tkHangul\t정:0E\nU+5E9C\tkHangul\t부:0E\n", {"cedict.txt": CEDICT}),
    ),
    "edict": Reader(
        lambda file: translated("ja", f"edict={file}"), "edict", "？？？ /EDICT/\n川 [かわ] /(n) river/(P)/\n"
    ),
    "aligned": Reader(
        lambda file: translated("fi", f"aligned={file.parent / 'en.txt'},{file}"),
        *("fi.txt", "joki\nvalo\n", {"en.txt": "river\nlight\n"}),
    ),
    "settings": Reader(
        lambda file: read_config(file, {"retriever": RetrieverSettings}), "x.toml", "[retriever]\nepochs = 3\n"
    ),
}


OPENING = re.compile(r"^\w+(\.read_text\(.*|\.read_bytes\(.*|\.open\((?!'w).*)$", re.DOTALL)


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest) -> Reader:
    return READERS[request.param]


@pytest.fixture
def file(reader: Reader, tmp_path: Path) -> Path:
    """The reader's file, plain, with what has to be beside it."""
    folder = tmp_path / "fi-en"
    folder.mkdir()
    for name, content in {**reader.beside, reader.name: reader.content}.items():
        (folder / name).write_text(str(content), encoding="utf-8")
    return folder / reader.name


def test_a_file_is_read_plain_and_gzipped_under_any_name(reader: Reader, file: Path) -> None:
    expected = comparable(reader.read(file))
    plain = file.read_bytes()
    file.write_bytes(gzip.compress(plain))
    assert comparable(reader.read(file)) == expected
    if file.name.startswith("freedict"):
        return  # the one file is found by the name of the other
    packed = file.rename(file.with_name(f"{file.name}.gz"))
    assert comparable(reader.read(packed)) == expected
    packed.write_bytes(plain)
    assert comparable(reader.read(packed)) == expected


def comparable(found: Any) -> str:
    """In words, without the fingerprint that has the file's name in it."""
    assert found
    return re.sub(r"'sha256': '\w+'", "", repr(found))


def test_a_damaged_file_is_named(reader: Reader, file: Path) -> None:
    packed = gzip.compress(file.read_bytes())
    for content, said in ((packed[:-9], "damaged gzip file"), (b"PK\x03\x04", "a zip file; unpack it")):
        file.write_bytes(content)
        with pytest.raises(InvalidInput) as caught:
            reader.read(file)
        assert str(caught.value).startswith(f"{file}: ")
        assert said in str(caught.value)


def test_another_encoding_is_named(reader: Reader, file: Path) -> None:
    if file.suffix == ".dict":
        return  # entries are read when they are asked for, and what is no UTF-8 in them is left out
    file.write_bytes(file.read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(InvalidInput) as caught:
        reader.read(file)
    assert str(caught.value).startswith(str(file))


def test_a_file_that_is_not_there_is_missing(reader: Reader, file: Path) -> None:
    file.unlink()
    with pytest.raises(MissingInput):
        reader.read(file)


def test_a_file_of_a_folder_is_not_read_twice(reader: Reader, file: Path) -> None:
    if reader.named:
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        with pytest.raises(InvalidInput, match="is there plain and gzipped"):
            reader.read(file)


def test_no_reader_opens_a_file_by_itself() -> None:
    root = Path(pyserini_xqg.__file__).parent
    found = set()
    for module in (file for folder in ("collection", "evaluation/files") for file in (root / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (opened := OPENING.search(ast.unparse(node))):
                found.add((module.name, opened[0]))
    # Archives, and files of the hub.
    assert {name for name, _ in found} == {"fetching.py"}
    assert {call for _, call in found} == {"packed.open(member)", "files.open(path, 'rb')", "tarfile.open(archive)"}
