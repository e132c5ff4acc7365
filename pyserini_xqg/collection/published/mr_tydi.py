"""Mr. TyDi (Zhang et al., 2021): TyDi's questions about Wikipedia in the same language."""

from __future__ import annotations

from pyserini_xqg.collection.published.anserini import reader_of, sources_of
from pyserini_xqg.collection.published.base import PublishedDataSet

LANGUAGES = ("ar", "bn", "en", "fi", "id", "ja", "ko", "ru", "sw", "te", "th")


def _named(split: str, language: str) -> tuple[str, str]:
    return f"topics.mrtydi-v1.1-{language}.{split}.txt.gz", f"qrels.mrtydi-v1.1-{language}.{split}.txt"


DATA_SET = PublishedDataSet(
    title="Mr. TyDi, topics and qrels",
    licence="Apache-2.0",
    home="https://github.com/castorini/mr.tydi",
    handled="Ids count from 0 in every language: the language is put before them (`sw-0`). Passages: "
    "`castorini/mr-tydi-corpus` on the hub.",
    checked="test, dev and train",
    splits=dict.fromkeys(("test", "dev", "train"), LANGUAGES),
    sources=sources_of(_named),
    read=reader_of(_named),
)
