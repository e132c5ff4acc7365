from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from pyserini_xqg import XqgIndexBuilder, XqgQueryEncoder
from pyserini_xqg.export import ExportSettings, export_index
from tests.conftest import sentence


def test_questions_are_encoded_for_both_of_pyserinis_searches(corpus: Path, tiny_model: Path, tmp_path: Path) -> None:
    XqgIndexBuilder(str(tiny_model), device="cpu").build(corpus, None, tmp_path / "index")
    texts = {name: [sentence(start + number, 4) for number in range(3)] for name, start in (("fi", 0), ("ru", 40))}
    topics = []
    for name, asked in texts.items():
        file = tmp_path / f"{name}.tsv"
        file.write_text("".join(f"{name}{number}\t{text}\n" for number, text in enumerate(asked)), encoding="utf-8")
        topics.append((name, file))
    made = export_index(tmp_path / "index", tmp_path / "out", ExportSettings("queries", topics), device="cpu")
    assert made.counts == {"questions": {"fi": 3, "ru": 3}}
    frame = pd.read_pickle(tmp_path / "out" / "encoded-queries" / "embedding.pkl")
    assert list(frame["id"]) == [f"{name}{number}" for name in texts for number in range(3)]
    assert list(frame["text"]) == texts["fi"] + texts["ru"]
    # The folder names the encoder, too.
    expected = XqgQueryEncoder(tmp_path / "out", device="cpu").encode_batch(list(frame["text"]))
    np.testing.assert_allclose(np.stack(frame["embedding"].tolist()), expected, rtol=0, atol=1e-5)
    lines = (tmp_path / "out" / "topics" / "ru.tsv").read_text(encoding="utf-8").splitlines()
    for line, vector in zip(lines, frame["embedding"].tolist()[3:], strict=True):
        read = np.array(json.loads(line.split("\t")[1]), dtype=np.float32)
        ratio = np.linalg.norm(vector) / np.linalg.norm(read)
        assert np.linalg.norm(read) <= 1 < np.linalg.norm(vector)
        assert np.array_equal(read * np.float32(round(ratio)), vector)
