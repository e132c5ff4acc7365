"""MLQA (Lewis et al., 2020): English paragraphs of Wikipedia, and questions in six languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.collection.published.base import Asked, Contents, PublishedDataSet, Source

LANGUAGES = ("ar", "de", "es", "hi", "vi", "zh")
ARCHIVE = "https://dl.fbaipublicfiles.com/MLQA/MLQA_V1.zip"


def sources(asked: Asked) -> Sequence[Source]:
    """The files with English contexts."""
    names = (f"{asked.split}-context-en-question-{code}.json" for code in ("en", *asked.languages))
    return [Source(f"{ARCHIVE}#MLQA_V1/{asked.split}/{name}") for name in names]


def read(folder: Path, asked: Asked) -> Contents:
    """English paragraphs, and questions in other languages."""
    return Contents.of(read_squad_folder(folder), asked)


DATA_SET = PublishedDataSet(
    title="MLQA",
    licence="CC BY-SA 3.0",
    home="https://github.com/facebookresearch/MLQA",
    handled="Files of every pair of languages: those with English contexts are taken. A question has the same id "
    "in every language: the language is put before it.",
    checked="dev",
    splits={"dev": LANGUAGES, "test": LANGUAGES},
    sources=sources,
    read=read,
    expected={
        "dev": {"passages": 978, "questions": {"ar": 517, "de": 512, "es": 500, "hi": 507, "vi": 511, "zh": 504}}
    },
)
