from __future__ import annotations

import copy
from typing import Any

import pytest

from pyserini_xqg.storage.identity import differences, identity_of


@pytest.mark.parametrize(
    ("found", "asked", "words"),
    [
        ({"a": 1}, {"a": 2}, "a was 1, now 2"),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": None}}, "a.c was 2, now None"),
        ({"a": 1, "b": 1}, {"b": 2, "c": 3}, "a was 1, now None; b was 1, now 2; c was None, now 3"),
        ({"a": [1]}, {"a": [1]}, ""),
    ],
)
def test_differences_name_both_values(found: dict[str, Any], asked: dict[str, Any], words: str) -> None:
    assert differences(found, asked) == words


A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("made", "place", "content"),
    [
        (  # of an index
            {"settings": {"encoder": {"model": {"path": "/a/m", "relative": "../m", "sha256": A}}}, "inputs": {}},
            ("settings", "encoder", "model", "path"),
            ("settings", "encoder", "model", "sha256"),
        ),
        (  # of generated queries
            {"settings": {"generator": {"generator": "seq2seq", "model": "/a/m", "fingerprint": A}}, "inputs": {}},
            ("settings", "generator", "model"),
            ("settings", "generator", "fingerprint"),
        ),
        (  # of queries from dictionaries
            {"settings": {"generator": {"encoder": {"model": "/a/m"}, "encoder_fingerprint": A}}, "inputs": {}},
            ("settings", "generator", "encoder", "model"),
            ("settings", "generator", "encoder_fingerprint"),
        ),
        (  # of a trained model
            {"settings": {"retriever": {"base": "/a/m", "seed": 1}, "processes": 1}, "inputs": {"base": A}},
            ("settings", "retriever", "base"),
            ("inputs", "base"),
        ),
    ],
)
def test_a_model_is_its_content_and_not_its_place(
    made: dict[str, Any], place: tuple[str, ...], content: tuple[str, ...]
) -> None:
    before = copy.deepcopy(made)
    moved, other = _with(made, place, "/b/m"), _with(made, content, B)
    assert identity_of(moved) == identity_of(made)
    assert identity_of(other) != identity_of(made)
    assert made == before


def test_the_encoder_of_filtered_queries_is_its_content_too() -> None:
    def filtered(path: str, sha256: str) -> dict[str, Any]:
        return {"settings": {}, "inputs": {"encoder": f'{{"model": {{"path": "{path}", "sha256": "{sha256}"}}}}'}}

    assert identity_of(filtered("/a", A)) == identity_of(filtered("/b", A)) != identity_of(filtered("/a", B))


def test_a_model_of_the_hub_is_its_name() -> None:
    for settings, inputs in (
        ({"generator": {"model": "google/mt5-base", "fingerprint": None}}, {}),
        ({"retriever": {"base": "bert-base"}}, {"base": "c" * 40}),
        ({"encoder": {"model": "e5"}}, {}),
    ):
        assert identity_of({"settings": settings, "inputs": inputs})["settings"] == settings


def test_threads_have_no_part_in_it() -> None:
    def index(threads: int | None) -> dict[str, Any]:
        return {"settings": {"index": {"factory": "HNSW32", "threads": threads}}, "inputs": {}}

    assert (
        identity_of(index(2))
        == identity_of(index(None))
        == {
            "settings": {"index": {"factory": "HNSW32"}},
            "inputs": {},
        }
    )


def _with(values: dict[str, Any], place: tuple[str, ...], value: str) -> dict[str, Any]:
    changed = copy.deepcopy(values)
    inner = changed
    for name in place[:-1]:
        inner = inner[name]
    assert place[-1] in inner
    inner[place[-1]] = value
    return changed
