"""Made-up parallel text, queries of it, and its alignment by a tiny encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyserini_xqg.collection.datasets.parallel import ParallelText, parallel_text
from pyserini_xqg.encoding.settings import EncoderSettings
from pyserini_xqg.evaluation.alignment.alignment import Alignment, align
from pyserini_xqg.evaluation.alignment.settings import AlignmentSettings
from tests.conftest import sentence, write_lines

SIZE = 24
SETTINGS = {"pooling": "mean", "query_prefix": "river ", "passage_prefix": "stone "}


@pytest.fixture(scope="session")
def text() -> ParallelText:
    """Made-up sentences; Finnish ones are much like the English, Russian ones less, and Russian lacks two."""
    english = [sentence(number, 6) for number in range(SIZE)]
    assert len(set(english)) == SIZE
    return parallel_text(
        {
            "fi": [(each, each.replace("a", "joki")) for each in english],
            "ru": [(each, f"{sentence(number + 3, 3)} {each}") for number, each in enumerate(english[:-2])],
        }
    )


@pytest.fixture(scope="session")
def queries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finnish for all sentences but s5, Russian for the even ones."""
    records = [
        {
            "id": f"s{number}",
            "queries": {"fi": [sentence(number, 4), sentence(number + 70, 2)]}
            | ({"ru": [sentence(number, 5)]} if number % 2 == 0 else {}),
        }
        for number in range(SIZE)
        if number != 5
    ]
    return write_lines(tmp_path_factory.mktemp("queries") / "queries.jsonl", records)


@pytest.fixture(scope="session")
def encoder(tiny_model: Path) -> EncoderSettings:
    return EncoderSettings(str(tiny_model), **SETTINGS)


@pytest.fixture(scope="session")
def made(
    text: ParallelText, queries: Path, encoder: EncoderSettings, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Alignment, Path]:
    folder = tmp_path_factory.mktemp("made") / "alignment"
    settings = AlignmentSettings(
        ("cosine", "csls"), alphas=(0.5, 0.0, 0.2), subsets=("all", "own"), folds=3, groups={"weak": ("ru", "sw")}
    )
    return align(text, encoder, {"words": queries}, folder, settings), folder
