"""Artifacts: the manifests of folders that other commands wrote, and what sets them apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.storage.manifest import MANIFEST, Manifest


@dataclass(frozen=True)
class Artifact:
    """A folder and its manifest."""

    name: str
    manifest: Manifest


def read_artifact(folder: Path) -> Artifact:
    """The manifest of an index, of generated queries, or of an encoder.

    Raises
    ------
    MissingInput, InvalidInput
        See :meth:`pyserini_xqg.storage.Manifest.read`.
    """
    manifest = Manifest.read(folder)
    if not all(isinstance(part, dict) for part in (manifest.settings, manifest.inputs, manifest.counts)):
        raise InvalidInput(f"{folder / MANIFEST}: not a manifest of xqg (its parts are no JSON objects)")
    return Artifact(folder.resolve().name, manifest)


def flattened(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as one name and one text each."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            yield from flattened(value, f"{name}.")
        elif isinstance(value, bool) or value is None:
            yield name, {True: "yes", False: "no", None: "none"}[value]
        elif isinstance(value, int):
            yield name, f"{value:,}" if abs(value) > 9999 else str(value)
        elif isinstance(value, list) and not any(isinstance(each, list | dict) for each in value):
            yield name, ", ".join(map(str, value)) or "none"
        else:
            yield (
                name,
                value if isinstance(value, str) else "none" if value == {} else json.dumps(value, ensure_ascii=False),
            )


def set_apart(artifacts: Sequence[Artifact]) -> list[tuple[str, list[str]]]:
    """Settings, inputs and counts that several artifacts do not have alike, with the values of each."""
    flat = [
        dict(flattened({"settings": each.settings, "inputs": each.inputs, "counts": each.counts}))
        for each in (artifact.manifest for artifact in artifacts)
    ]
    names = dict.fromkeys(name for values in flat for name in values)
    rows = [(name, [values.get(name, "") for values in flat]) for name in names]
    return [(name.removeprefix("settings."), values) for name, values in rows if len(set(values)) > 1]
