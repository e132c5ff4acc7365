"""Bytes on disk at every stage, from what the stages write."""

from __future__ import annotations

from collections.abc import Sequence

from pyserini_xqg.indexing.kept_builder import PART_SIZE
from pyserini_xqg.planning.sample import Sample

FLOAT = 4
# Of SQLite: ids come in an order that is not theirs and leave pages two thirds full; the places of queries come in
# theirs. Both with what belongs to a row.
ID_ROW, ID_FILL, PLACE_ROW = 12, 2 / 3, 34
# A part's hash, its counts and lengths; of each language's queries the number; and its place and hash in the scan.
MARKER, MARKER_LANGUAGE, SCANNED_PART = 340, 12, 70
ORIGINAL_ENCODED = ("passages", "sums")


def corpus_bytes(sample: Sample, passages: int) -> int:
    """The corpus in JSON lines."""
    return round(passages * sample.passage_bytes)


def queries_bytes(sample: Sample, passages: int, languages: Sequence[str], num_queries: int) -> int:
    """A folder of generated queries: a JSON line for each passage."""
    record = len('{"id": "", "queries": {}}\n') + sample.id_bytes
    for language in languages:
        # Between two queries a comma and a blank, and the same after the list.
        record += len(f'"{language}": []') + num_queries * (sample.query_bytes(language) + 2)
    return round(passages * record)


def ids_bytes(sample: Sample, passages: int) -> int:
    """The ids of passages in an SQLite file, to find one that is there twice."""
    return round(passages * (sample.id_bytes + ID_ROW) / ID_FILL)


def scan_bytes(sample: Sample, passages: int, languages: Sequence[str]) -> int:
    """What a build keeps beside the vectors while it runs: ids, places of queries, scanned parts and markers."""
    parts = -(-passages // PART_SIZE)
    places = passages * PLACE_ROW if languages else 0
    return ids_bytes(sample, passages) + places + parts * (SCANNED_PART + MARKER + MARKER_LANGUAGE * len(languages))


def vectors_bytes(passages: int, dimension: int) -> int:
    """A vector of float32 numbers for each passage."""
    return FLOAT * dimension * passages


def kept_bytes(passages: int, dimension: int, languages: int, numbers: int) -> int:
    """The kept vectors: of passages, sums and counts of each language, and sums of its first queries."""
    arrays = 1 + languages * (1 + numbers)
    return arrays * vectors_bytes(passages, dimension) + languages * 8 * passages


def part_bytes(dimension: int, languages: int, numbers: int) -> int:
    """Memory for the parts of a build: one is encoded while another is written, each with its sums and copies."""
    return 2 * vectors_bytes(PART_SIZE, dimension) * (3 + 2 * languages * (1 + numbers))


def original_bytes(passages: int, dimension: int, languages: int, num_queries: int) -> int:
    """The vectors of the original pipeline: a file for each language and query number, the passages, and the sums."""
    return vectors_bytes(passages, dimension) * (languages * num_queries + len(ORIGINAL_ENCODED))
