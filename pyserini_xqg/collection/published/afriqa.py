"""AfriQA's gold passages (Ogundepo et al., 2023): questions in African languages about English passages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyserini_xqg.collection.datasets.afriqa import read_afriqa_folder
from pyserini_xqg.collection.languages import canonical_code
from pyserini_xqg.collection.published.base import Asked, Contents, PublishedDataSet, Source

COMMIT = "5c29933753692c28773c34ac1f68482007f1d2bb"
# As the files call their languages. Fon goes with French passages.
DEV = ("bem", "hau", "ibo", "kin", "twi", "zul")
FILES = {"dev": DEV, "test": (*DEV, "swa", "yor"), "train": (*DEV, "yor")}


def sources(asked: Asked) -> Sequence[Source]:
    """The files of a corpus that does not depend on the languages: of train and dev, for test of that too."""
    place = f"https://raw.githubusercontent.com/masakhane-io/afriqa/{COMMIT}/data/gold_passages"
    return [
        Source(f"{place}/{name}/gold_span_passages.afriqa.{name}.en.{split}.json")
        for split, names in FILES.items()
        if asked.split == "test" or split != "test"
        for name in names
    ]


def read(folder: Path, asked: Asked) -> Contents:
    """The passages of all splits, and the questions of one."""
    return Contents.of(read_afriqa_folder(folder, asked.split), asked)


DATA_SET = PublishedDataSet(
    title="AfriQA, gold passages",
    licence="CC BY 4.0",
    home="https://github.com/masakhane-io/afriqa",
    handled="The corpus is the passages of train and dev in all languages, for test those of test too. Records "
    "without a passage (`null`) are left out. Records have no ids that are of one question: they are "
    "numbered within their language. Yoruba has no dev, Swahili only test; Fon goes with French passages "
    "and is left out.",
    checked="train and dev; the checksums of all",
    splits={split: tuple(map(canonical_code, names)) for split, names in FILES.items()},
    sources=sources,
    read=read,
)
