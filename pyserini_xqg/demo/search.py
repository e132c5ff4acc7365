"""Searches of the demo, all in one process: stock Pyserini's searcher, on one index after the other.

Pyserini and its Java take longer to start than to search so few passages, and every question is encoded once. What
``python -m pyserini.search.faiss`` finds in these indexes is the same.

``python -m pyserini_xqg.demo.search`` reads what is to be searched from standard input: ``{"encoder": folder, "runs":
{run file: [[index, topics file], ...]}}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

HITS = 10

# Index and topics file.
Search = tuple[str, str]


def search(encoder: str, runs: Mapping[str, Iterable[Search]]) -> None:
    """Write runs in TREC's format.

    Parameters
    ----------
    encoder : str
        A folder that names the encoder of all the indexes.
    runs : mapping
        Run file to what is searched for it.
    """
    from pyserini.output_writer import OutputFormat, get_output_writer
    from pyserini.search.faiss import FaissSearcher

    from pyserini_xqg.collection.topics import read_topics
    from pyserini_xqg.plugin.encoders import XqgQueryEncoder

    opened = XqgQueryEncoder(encoder)
    encoded: dict[str, tuple[list[str], Any]] = {}
    for run, searches in runs.items():
        with get_output_writer(run, OutputFormat.TREC, "w", max_hits=HITS, tag="Faiss") as writer:
            for index, topics in searches:
                if topics not in encoded:
                    asked = dict(read_topics(topics))
                    encoded[topics] = [*asked], opened.encode_batch([*asked.values()])
                identifiers, vectors = encoded[topics]
                found = FaissSearcher(index, opened).batch_search(vectors, identifiers, HITS, threads=2)
                for identifier in identifiers:
                    writer.write(identifier, found[identifier])


if __name__ == "__main__":
    from pyserini_xqg.plugin import install

    install()  # where .pth files are not processed
    asked = json.load(sys.stdin)
    search(asked["encoder"], asked["runs"])
