"""XNLI (Conneau et al., 2018): premises in 15 languages, sentence by sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.xnli import read_xnli
from pyserini_xqg.collection.published.base import Asked, Contents, PublishedDataSet, Source
from pyserini_xqg.collection.published.parallel import HANDLED, contents_of

LANGUAGES = ("ar", "bg", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")
ARCHIVE = "https://dl.fbaipublicfiles.com/XNLI/XNLI-1.0.zip"


def sources(asked: Asked) -> Sequence[Source]:
    """One file of all languages."""
    return [Source(f"{ARCHIVE}#XNLI-1.0/xnli.{asked.split}.tsv", also=(f"{asked.split}-??.tsv",))]


def read(folder: Path, asked: Asked) -> Contents:
    """English premises, and those in other languages."""
    whole = folder / f"xnli.{asked.split}.tsv"
    kept = [whole] if whole.exists() else sorted(folder.iterdir())
    return contents_of(read_xnli(whole if whole.exists() else folder, split=asked.split), asked, kept)


DATA_SET = PublishedDataSet(
    title="XNLI",
    licence="CC BY-NC 4.0",
    home="https://github.com/facebookresearch/XNLI",
    handled=f"{HANDLED} Premises are taken, three rows each.",
    checked="dev, as XTREME's files `dev-LANG.tsv`, which `--from` takes too",
    splits=dict.fromkeys(("dev", "test"), LANGUAGES),
    sources=sources,
    read=read,
)
