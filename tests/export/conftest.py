from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest


@pytest.fixture
def stock_index(tmp_path: Path) -> Callable[..., Path]:
    """Makes a flat index as stock Pyserini does, of random vectors that are longer than 1."""

    def make(rows: int = 23, dimension: int = 8, vectors: np.ndarray | None = None) -> Path:
        folder = tmp_path / "stock"
        folder.mkdir()
        if vectors is None:
            vectors = np.random.default_rng(0).normal(size=(rows, dimension)).astype(np.float32)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(folder / "index"))
        (folder / "docid").write_text("".join(f"d{row}\n" for row in range(len(vectors))), encoding="utf-8")
        return folder

    return make
