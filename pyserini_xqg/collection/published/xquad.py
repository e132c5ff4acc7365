"""XQuAD (Artetxe et al., 2020): 240 paragraphs of SQuAD and 1,190 questions, translated by people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.squad import read_squad_folder
from pyserini_xqg.collection.published.base import Asked, Contents, PublishedDataSet, Source

LANGUAGES = ("ar", "de", "el", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
COMMIT = "7d30520c717524000f0d9d2f9c10a069acd9d285"


def sources(asked: Asked) -> Sequence[Source]:
    """The English file and one a language."""
    place = f"https://raw.githubusercontent.com/google-deepmind/xquad/{COMMIT}"
    return [Source(f"{place}/xquad.{code}.json") for code in ("en", *asked.languages)]


def read(folder: Path, asked: Asked) -> Contents:
    """English paragraphs, and questions in other languages."""
    return Contents.of(read_squad_folder(folder), asked)


DATA_SET = PublishedDataSet(
    title="XQuAD",
    licence="CC BY-SA 4.0",
    home="https://github.com/google-deepmind/xquad",
    handled="A question has the same id in every language: the language is put before it "
    "(`ar-56beb4343aeaaa14008c925b`).",
    checked="ar, es, hi, ru, vi, zh; the checksums of all",
    splits={"test": LANGUAGES},
    sources=sources,
    read=read,
    expected={"test": {"passages": 240, "questions": dict.fromkeys(LANGUAGES, 1190)}},
)
