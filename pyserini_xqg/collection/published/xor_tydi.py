"""XOR-TyDi (Asai et al., 2021): questions; corpus, published queries and training rows of the paper."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.answers import normalised
from pyserini_xqg.collection.datasets.examples import UNKNOWN_LANGUAGE, TrainingExample
from pyserini_xqg.collection.datasets.retrieval_set import Question, corpus_lines, queries_lines
from pyserini_xqg.collection.datasets.tevatron import example_of
from pyserini_xqg.collection.datasets.xor_tydi import read_xor_tydi
from pyserini_xqg.collection.passages import Passage, parse_passage
from pyserini_xqg.collection.published.base import Asked, Contents, LargePart, PublishedDataSet, Source
from pyserini_xqg.collection.queries import parse_queries
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite, install_extra
from pyserini_xqg.storage.jsonl import Record

LANGUAGES = ("ar", "bn", "fi", "ja", "ko", "ru", "te")
FILES = {"dev": "xor_dev_retrieve_eng_span_v1_1.jsonl", "train": "xor_train_retrieve_eng_span.jsonl"}
PLACE = "https://nlp.cs.washington.edu/xorqa/XORQA_site/data"
TRAINING = "training"
# The hub's own conversion of the rows, which its loader script makes of a file of another form.
ROWS = "hf://datasets/Tevatron/xor-tydi@fe5a6cb21e0e515d0080c0ee03608db78a1c5345/eng_span/xor-tydi-train-{:05}-of-00002.parquet"
CORPUS = "hf://datasets/ielab/xor-tydi@7f5ff3aad626614625829c57fa211f9ff4d1cbbd/en_wiki.tsv"
QUERIES = "hf://datasets/ielab/xor-tydi-xqg-augmented@779a7c755c602c1fbc3fb66780330febb9fb0c10/data/shard_{}.jsonl"
COLUMNS = ("id", "text", "title")

log = logging.getLogger("pyserini_xqg")


def sources(asked: Asked) -> Sequence[Source]:
    """The questions; for the training rows those of train, which say languages, and of dev, which are left out."""
    if TRAINING not in asked.parts:
        return [Source(f"{PLACE}/{FILES[asked.split]}")]
    rows = [Source(ROWS.format(number)) for number in range(2)]
    return [*(Source(f"{PLACE}/{name}") for name in FILES.values()), *rows]


def read(folder: Path, asked: Asked) -> Contents:
    """The questions of a split with their answers, and the rows if they are wanted."""
    questions: dict[str, list[Question]] = {code: [] for code in asked.languages}
    for each in read_xor_tydi(folder / FILES[asked.split]):
        if each.language in questions:
            questions[each.language].append(Question(each.id, each.question, "", each.answers))
    if TRAINING not in asked.parts:
        return Contents(questions)
    examples, counts = _examples(folder)
    return Contents(questions, examples=examples, counts=counts)


def _examples(folder: Path) -> tuple[list[TrainingExample], dict[str, int]]:
    """The rows with language and answers, without those whose question dev has."""
    known = {each.id: each for each in read_xor_tydi(folder / FILES["train"])}
    held = {normalised(each.question) for each in read_xor_tydi(folder / FILES["dev"])}
    rows = [_completed(row, known) for file in sorted(folder.glob("*.parquet")) for row in _rows(file)]
    examples = [each for each in rows if normalised(each.question) not in held]
    leaked = len(rows) - len(examples)
    if leaked:
        log.warning("%s rows have the text of a question of dev: they are left out of train.jsonl", f"{leaked:,}")
    unknown = sum(each.language == UNKNOWN_LANGUAGE for each in examples)
    return examples, {"training_rows": len(examples), "rows_of_dev_questions": leaked, "rows_of_no_language": unknown}


def _completed(row: TrainingExample, known: dict[str, TrainingExample]) -> TrainingExample:
    question = known.get(row.id)
    if question is None or row.language != UNKNOWN_LANGUAGE:
        return row
    return replace(row, language=question.language, answers=row.answers or question.answers)


def _rows(file: Path) -> Iterator[TrainingExample]:
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise MissingPrerequisite(
            f"Parquet files are read with the package datasets: {install_extra('train')}"
        ) from error
    try:
        rows: Any = load_dataset("parquet", data_files=str(file), split="train", streaming=True)
        for number, row in enumerate(rows, start=1):
            yield example_of(Record(row, file, number, 0))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file}: no Parquet file that can be read ({error})") from error


def corpus_of(lines: Iterator[bytes], place: str) -> Iterator[str]:
    """Pyserini's JSONL, from such, or from DPR's ``id TAB text TAB title`` below a header, quoted or not.

    Raises
    ------
    InvalidInput
        A line is not of that form.
    """
    order: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not order and line.startswith(b"{"):
            yield from corpus_lines([parse_passage(Record.parse(line, place, number, 0))])
            continue
        cells = line.decode("utf-8").rstrip("\r\n").split("\t")
        if not order:
            order = cells
            if sorted(order) != sorted(COLUMNS):
                raise InvalidInput(
                    f"{place}:{number}: the columns {', '.join(COLUMNS)} are expected, found {', '.join(cells)}"
                )
            continue
        if len(cells) != len(order):
            raise InvalidInput(f"{place}:{number}: {len(order)} columns with tabs between them are expected")
        found = dict(zip(order, map(_unquoted, cells), strict=True))
        yield from corpus_lines([Passage(found["id"].strip(), found["text"].strip(), found["title"].strip())])


def _unquoted(cell: str) -> str:
    """A cell without the quotes that CSV puts around it, if all within are doubled."""
    inner = cell[1:-1]
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', "")
    return next(csv.reader([cell]))[0] if quoted else cell


def queries_of(lines: Iterator[bytes], place: str) -> Iterator[str]:
    """Our queries, from the published lines ``{"docid", "title", "text", "generated_queries"}``.

    Raises
    ------
    InvalidInput
        A line is not of that form.
    """
    for number, line in enumerate(lines, start=1):
        found = parse_queries(Record.parse(line, place, number, 0))
        yield from queries_lines({found.id: {code: list(texts) for code, texts in found.queries.items()}})


DATA_SET = PublishedDataSet(
    title="XOR-TyDi (XOR-Retrieve)",
    licence="MIT; corpus and queries are of Wikipedia, CC BY-SA",
    home="https://nlp.cs.washington.edu/xorqa/",
    handled="Answers judge: there are no qrels, and R@kt reads `gold.jsonl`. The language of train's Arabic is `\" "
    'ar"`: it is written `ar`. 31 questions of dev have the text of one of train: their rows are left out '
    "of `train.jsonl`, and counted. Tevatron's rows have no language: train's questions say it, by id.",
    checked="questions of dev and train; made-up files of the form of corpus, queries and rows",
    splits={"dev": LANGUAGES, "train": LANGUAGES},
    sources=sources,
    read=read,
    expected={
        "dev": {"questions": {"ar": 350, "bn": 312, "fi": 360, "ja": 296, "ko": 299, "ru": 255, "te": 238}},
    },
    large={
        "corpus": LargePart(
            "corpus",
            (Source(CORPUS, also=("corpus.jsonl", "corpus.jsonl.gz", "corpus/*.jsonl", "corpus/*.jsonl.gz")),),
            corpus_of,
            12,
        ),
        "queries": LargePart("queries", tuple(Source(QUERIES.format(shard)) for shard in range(19)), queries_of, 67),
    },
    parts=(TRAINING,),
)
