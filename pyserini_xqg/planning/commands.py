"""The commands of a planned job."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyserini_xqg.indexing.settings import IndexSettings

CORPUS, QUERIES, INDEX = "corpus.jsonl", "queries/", "indexes/mine"


def commands_of(
    languages: Sequence[str],
    num_queries: int,
    encoder: str | None,
    corpus: Path | None,
    generator: str | None,
    options: Mapping[str, Any],
    form: IndexSettings,
    machines: int,
) -> list[str]:
    """Command lines that generate, index and search; several machines share what can be shared."""
    given: list[object] = ["--corpus", corpus or CORPUS, "--language", ",".join(languages)]
    given += ["--num-queries", num_queries]
    given += [] if generator is None else ["--generator", generator]
    for name, value in options.items():
        given += [f"--{name.replace('_', '-')}"] if value is True else [f"--{name.replace('_', '-')}", value]
    index: list[object] = ["--corpus", corpus or CORPUS, "--queries", QUERIES, "--encoder", encoder or "ENCODER"]
    index += [] if form.factory == "Flat" else ["--factory", form.factory]
    index += [] if form.max_memory is None else ["--max-memory", form.max_memory]
    if form.keep_first:
        index += ["--keep-first", ",".join(map(str, form.keep_first))]
    elif form.keep_vectors:
        index += ["--keep-vectors"]
    shared = ["--executor", "slurm", "--tasks", machines] if machines > 1 else []
    search = ["--index", INDEX, "--encoder", INDEX, "--topics", "topics.tsv", "--output", "run.txt"]
    lines: tuple[list[object], ...] = (
        ["xqg", "generate", *given, "--output", QUERIES, *shared],
        ["xqg", "index", *index, "--output", INDEX, *shared],
        ["python", "-m", "pyserini.search.faiss", *search],
    )
    return [shlex.join(map(str, line)) for line in lines]
