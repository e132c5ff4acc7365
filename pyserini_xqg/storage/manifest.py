"""Manifest of an artifact, ``xqg.json``: what the folder is, what made it and what from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput, MissingInput
from pyserini_xqg.storage.files import write_atomically

MANIFEST = "xqg.json"


FORMAT = 1


PACKAGES = (
    "pyserini-xqg",
    "pyserini",
    "torch",
    "transformers",
    "sentence-transformers",
    "faiss-cpu",
    "ctranslate2",
    "openai",
    "numpy",
)


@dataclass
class Manifest:
    """What an artifact is, what made it and what from.

    Parameters
    ----------
    kind : str
        ``index``, ``encoder``, ``queries``, ``model``, ...
    settings : dict
        All that decides on the content; two artifacts with equal settings and inputs are equal.
    inputs : dict
        Fingerprints of what it was made from.
    counts : dict
        What it holds, and what was left out and why.
    details : dict
        What was found on the way and a reader may want.
    packages : dict
        Versions of the packages that made it.
    """

    kind: str
    settings: dict[str, Any]
    inputs: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=lambda: package_versions())
    format: int = FORMAT

    @classmethod
    def read(cls, folder: str | Path) -> Manifest:
        """The manifest of an artifact.

        Raises
        ------
        MissingInput
            The folder or its manifest is not there.
        InvalidInput
            The manifest is damaged, or of a later format than this version reads.
        """
        file = Path(folder, MANIFEST)
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            manifest = cls(**values)
        except OSError as error:
            raise MissingInput(f"{file}: cannot be read ({error.strerror}); an artifact of xqg is expected") from error
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"{file}: not a manifest of xqg ({error})") from error
        if manifest.format > FORMAT:
            raise InvalidInput(
                f"{file}: format {manifest.format}; this version reads up to {FORMAT}. Install a newer pyserini-xqg"
            )
        return manifest

    def write(self, folder: str | Path) -> None:
        """Write the manifest, whole or not at all."""
        write_atomically(
            Path(folder, MANIFEST), json.dumps(asdict(self), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        )


def holds_encoder(folder: str | Path) -> bool:
    """Whether a folder names an encoder of ours: its manifest is there and says so."""
    try:
        with Path(folder, MANIFEST).open(encoding="utf-8") as handle:
            values = json.load(handle)
    except (OSError, ValueError):
        return False
    settings = values.get("settings") if isinstance(values, dict) else None
    return isinstance(settings, dict) and "encoder" in settings


def package_versions(*more: str) -> dict[str, str]:
    """The versions of the packages whose version can change an artifact, and of `more`, of those that are there."""
    found = {}
    for package in (*PACKAGES, *more):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def differences(found: dict[str, Any], asked: dict[str, Any]) -> str:
    """Two nested dictionaries' differences in words, both values named."""
    flat_found, flat_asked = dict(_flatten(found)), dict(_flatten(asked))
    keys = [key for key in {**flat_found, **flat_asked} if flat_found.get(key) != flat_asked.get(key)]
    return "; ".join(f"{key} was {flat_found.get(key)!r}, now {flat_asked.get(key)!r}" for key in keys)


def _flatten(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
