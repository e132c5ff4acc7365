"""BM25 by stock Pyserini: its Lucene index of the corpus and its search, in a process of their own."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyserini_xqg.collection.datasets.examples import TrainingExample
from pyserini_xqg.collection.passages import Passage, passage_text
from pyserini_xqg.collection.unicode import composed
from pyserini_xqg.errors import InvalidInput, MissingPrerequisite, XqgError
from pyserini_xqg.plugin import java
from pyserini_xqg.training.mining.dense import Ranking

SCRATCH = "bm25-"
SAID = 12
# Pyserini takes many seconds to start, so it does so once.
DRIVER = """
import json, runpy, sys
from pyserini_xqg.plugin import install
install()
for module, *arguments in json.loads(sys.argv[1]):
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
"""

log = logging.getLogger("pyserini_xqg")


def english_question(example: TrainingExample) -> str | None:
    """What BM25 is asked: the English form of a question, composed, as it knows no other language's words.

    None where there is none.
    """
    text = example.question if example.language == "en" else example.english
    return composed(" ".join(text.split())) if text else None


def require_java() -> None:
    """Check that there is a Java runtime for Lucene.

    Raises
    ------
    MissingPrerequisite
        There is none.
    """
    if java.find() is None:
        raise MissingPrerequisite(
            f"BM25 is Pyserini's, which needs Java {java.MINIMUM} or later: install it, or {java.INSTALL}"
        )


def bm25_search(
    questions: Mapping[int, str], passages: Iterable[Passage], index: Path | None, depth: int, folder: Path
) -> dict[int, Ranking]:
    """The best passages of each question.

    Parameters
    ----------
    questions : mapping of int to str
    passages : iterable of Passage
        To make a Lucene index of, title and text as one field; it goes afterwards.
    index : Path or None
        A Lucene index to search instead.
    depth : int
    folder : Path
        For scratch files: a copy of the corpus and the index.

    Raises
    ------
    MissingPrerequisite
        There is no Java.
    InvalidInput
        `index` is none.
    XqgError
        Pyserini failed.
    """
    require_java()
    # Of a run that was killed, whose Pyserini can still be at work there.
    for left in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as name:
        scratch = Path(name)
        commands = []
        if index is None:
            index = scratch / "index"
            commands.append(_index_command(_write_texts(passages, scratch / "texts"), index))
        elif not any(index.glob("segments_*")):
            raise InvalidInput(f"{index}: no Lucene index, which Pyserini's index.lucene makes")
        topics, run = scratch / "topics.tsv", scratch / "run.txt"
        topics.write_text("".join(f"{number}\t{text}\n" for number, text in questions.items()), encoding="utf-8")
        commands.append(
            [
                *("pyserini.search.lucene", "--index", index, "--topics", topics, "--output", run),
                *("--hits", depth, "--bm25", "--batch-size", 64, "--threads", 1),
            ]
        )
        log.info("searching with BM25: %s questions", f"{len(questions):,}")
        _run(commands)
        found: dict[int, Ranking] = {number: [] for number in questions}
        with run.open(encoding="utf-8") as lines:
            for line in lines:
                number, _, docid, _, score, _ = line.split()
                found[int(number)].append((docid, float(score)))
        return found


def _write_texts(passages: Iterable[Passage], folder: Path) -> Path:
    folder.mkdir()
    with (folder / "texts.jsonl").open("w", encoding="utf-8", newline="\n") as handle:
        for passage in passages:
            contents = composed(passage_text(passage.title, passage.text))
            if contents:
                handle.write(json.dumps({"id": passage.id, "contents": contents}, ensure_ascii=False) + "\n")
    return folder


def _index_command(texts: Path, index: Path) -> list[Any]:
    return [
        *("pyserini.index.lucene", "--collection", "JsonCollection", "--generator", "DefaultLuceneDocumentGenerator"),
        *("--input", texts, "--index", index, "--threads", 1),
    ]


def _run(commands: Sequence[Sequence[Any]]) -> None:
    """Run commands of stock Pyserini one after the other, with the Java that the plugin finds."""
    ended = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps([[str(part) for part in command] for command in commands])],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode:
        said = "\n".join(f"{ended.stdout}\n{ended.stderr}".strip().splitlines()[-SAID:])
        raise XqgError(f"Pyserini ended with {ended.returncode} at BM25; xqg doctor --run looks why:\n{said}")
