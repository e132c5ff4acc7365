"""CIRAL (Adeyemi et al., 2024): English questions about passages in African languages."""

from __future__ import annotations

from pyserini_xqg.collection.published.anserini import reader_of, sources_of
from pyserini_xqg.collection.published.base import PublishedDataSet

# As the file of the English questions says, line by line; else a question about a president has what is relevant to one
# about a virus.
MISPRINTS = {"topics.ciral-v1.0-sw-test-b-native.tsv": {69: "238"}}


def _named(split: str, language: str) -> tuple[str, str]:
    judged = split.removesuffix("-native")
    return f"topics.ciral-v1.0-{language}-{split}.tsv", f"qrels.ciral-v1.0-{language}-{judged}.tsv"


DATA_SET = PublishedDataSet(
    title="CIRAL, topics and qrels",
    licence="Apache-2.0",
    home="https://github.com/ciralproject/ciral",
    handled="The other way round: the language is the passages', and the questions are English; splits with "
    "`-native` have them in the passages' language (dev only so). Ids are of one language: it is put "
    "before them. One id of the Swahili `test-b-native` is there twice, and is mended. Passages: "
    "`CIRAL/ciral-corpus` on the hub.",
    checked="all splits",
    splits=dict.fromkeys(
        ("test-a", "test-a-native", "test-b", "test-b-native", "dev-native"), ("ha", "so", "sw", "yo")
    ),
    sources=sources_of(_named),
    read=reader_of(_named, MISPRINTS),
)
