"""A corpus, its queries and a model for the scripts beside this file: ``python -m tests.cluster.material FOLDER``.

They are small, and enough for a build of half a minute in which something can be killed.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from tests.conftest import WORDS, make_model, write_lines

PASSAGES = 4000


def make(folder: Path, passages: int = PASSAGES) -> None:
    """Write ``corpus.jsonl``, ``queries.jsonl`` and ``model/``."""
    chance = random.Random(5)

    def text(words: int) -> str:
        return " ".join(chance.choices(WORDS, k=words))

    folder.mkdir(parents=True, exist_ok=True)
    make_model(folder / "model", hidden=64, layers=4)
    write_lines(folder / "corpus.jsonl", [{"id": f"p{number}", "text": text(40)} for number in range(passages)])
    records = [
        {"id": f"p{number}", "queries": {"fi": [text(8), text(8)], "ru": [text(8)]}} for number in range(passages)
    ]
    write_lines(folder / "queries.jsonl", records)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
