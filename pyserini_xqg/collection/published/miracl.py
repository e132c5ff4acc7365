"""MIRACL (Zhang et al., 2023): questions in 18 languages about Wikipedia in the same language, judged by people."""

from __future__ import annotations

from pyserini_xqg.collection.published.anserini import reader_of, sources_of
from pyserini_xqg.collection.published.base import PublishedDataSet

TRAIN = ("ar", "bn", "en", "es", "fa", "fi", "fr", "hi", "id", "ja", "ko", "ru", "sw", "te", "th", "zh")


def _named(split: str, language: str) -> tuple[str, str]:
    return f"topics.miracl-v1.0-{language}-{split}.tsv", f"qrels.miracl-v1.0-{language}-{split}.tsv"


DATA_SET = PublishedDataSet(
    title="MIRACL, topics and qrels",
    licence="Apache-2.0",
    home="https://github.com/project-miracl/miracl",
    handled="Ids count the questions of one language: the language is put before them. Qrels have judged passages "
    "that are not relevant, too (0). German and Yoruba have no train. Passages: `miracl/miracl-corpus` on "
    "the hub, read as it is.",
    checked="dev and train",
    splits={"dev": (*TRAIN, "de", "yo"), "train": TRAIN},
    sources=sources_of(_named),
    read=reader_of(_named),
)
