"""Identity of an artifact: what of its settings and inputs decides on its content, and how two of them differ.

A manifest also says where a model was and how many threads built an index. That does not decide: the same model at
another place, as in a tree that was moved, makes the same artifact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

SHA256 = re.compile(r"[0-9a-f]{64}")
# Settings that have no part in the content.
WITHOUT_PART = ("threads",)
# Models of a training: named in its settings, and known by their content in its inputs.
TRAINED_FROM = ("base", "teacher")


def identity_of(values: dict[str, Any]) -> dict[str, Any]:
    """Settings and inputs, with models that are folders named by their content, and without what does not decide.

    Parameters
    ----------
    values : dict
        With ``settings`` and ``inputs``, as a manifest has them.
    """
    found: dict[str, Any] = _by_content(values)
    inputs = found.get("inputs") or {}
    for name in TRAINED_FROM:
        if SHA256.fullmatch(str(inputs.get(name))):
            for table in found["settings"].values():
                if isinstance(table, dict):
                    table.pop(name, None)
    return found


def differences(found: dict[str, Any], asked: dict[str, Any]) -> str:
    """Two nested dictionaries' differences in words, both values named."""
    flat_found, flat_asked = dict(_flatten(found)), dict(_flatten(asked))
    keys = [key for key in {**flat_found, **flat_asked} if flat_found.get(key) != flat_asked.get(key)]
    return "; ".join(f"{key} was {flat_found.get(key)!r}, now {flat_asked.get(key)!r}" for key in keys)


def _by_content(value: Any) -> Any:
    """A copy, in which every model that has a fingerprint is without its name."""
    if isinstance(value, list | tuple):
        return [_by_content(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "path" in value and "sha256" in value:  # as an index names its encoder
        return {"sha256": value["sha256"]}
    left = {name: _by_content(each) for name, each in value.items() if name not in WITHOUT_PART}
    if left.get("fingerprint"):  # as a generator names its model
        left.pop("model", None)
    encoder = left.get("encoder")
    if left.get("encoder_fingerprint") and isinstance(encoder, dict):  # as the lexicon does; it asks no questions
        left["encoder"] = {name: each for name, each in encoder.items() if name not in ("model", "query_model")}
    elif isinstance(encoder, str) and encoder.startswith("{"):  # as filtered queries do
        left["encoder"] = _by_content(json.loads(encoder))
    return left


def _flatten(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
