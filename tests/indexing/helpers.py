"""Indexes read back, and the formula by hand."""

from __future__ import annotations

import json
from pathlib import Path

import faiss
import numpy as np

from pyserini_xqg.collection.passages import passage_text
from pyserini_xqg.encoding.encoder import TextEncoder


def records(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def vectors_of(index: Path) -> np.ndarray:
    found = faiss.read_index(str(index / "index"))
    return found.reconstruct_n(0, found.ntotal)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def by_hand(encoder: TextEncoder, corpus: Path, queries: Path, languages=None, num_queries=None):
    """Passage vectors, query sums and query counts in float64, one text at a time."""
    own = {record["id"]: record["queries"] for record in records(queries)}
    passages, sums, counts = [], [], []
    for record in records(corpus):
        text = passage_text(record.get("title"), record["text"])
        passages.append(encoder.encode([text], "passage")[0].astype(np.float64))
        texts = [
            text
            for language, texts in own.get(record["id"], {}).items()
            if languages is None or language in languages
            for text in texts[:num_queries]
        ]
        sums.append(
            sum((encoder.encode([text], "query")[0].astype(np.float64) for text in texts), np.zeros(encoder.dimension))
        )
        counts.append(len(texts))
    return np.array(passages), np.array(sums), np.array(counts)
