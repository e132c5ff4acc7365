"""Manifest of an artifact, ``xqg.json``: what the folder is, what made it and what from."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import MISSING, asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from pyserini_xqg.errors import InvalidInput, MissingInput, XqgError
from pyserini_xqg.storage.files import sync_all, write_atomically

MANIFEST = "xqg.json"
FORMAT = 1
NEWER = "Install a newer pyserini-xqg, or make the folder anew with this one"
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


T = TypeVar("T")


class Fields(dict[str, Any]):
    """A part of a manifest that was read: a field that is not there is named with the file.

    Attributes
    ----------
    place : str
        The file, and the name of the part in it.
    """

    place = ""

    @classmethod
    def at(cls, place: str, values: dict[str, Any]) -> Fields:
        """A part and the parts in it."""
        made = cls(
            {
                name: cls.at(_under(place, name), each) if isinstance(each, dict) else each
                for name, each in values.items()
            }
        )
        made.place = place
        return made

    def __missing__(self, name: str) -> Any:
        raise _lacking(_under(self.place, name))


def _under(place: str, name: str) -> str:
    """``FILE: settings``, ``FILE: settings.encoder``."""
    return f"{place}{'' if place.endswith(' ') else '.'}{name}"


def _lacking(place: str) -> InvalidInput:
    return InvalidInput(
        f"{place} is not there; was the file changed, or made by another version of pyserini-xqg? Make the folder anew"
    )


def settings_from(kind: type[T], values: dict[str, Any], but: Collection[str] = (), **absent: object) -> T:
    """Settings, a dataclass, from the part of a manifest that holds them.

    `but` names fields that are none of it, `absent` what a field is where a manifest, of an earlier version, lacks it.

    Raises
    ------
    InvalidInput
        A field is lacking, or unknown to this version, or holds what cannot be.
    """
    place = values.place if isinstance(values, Fields) else kind.__name__
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    if unknown := [name for name in values if name not in known and name not in but]:
        raise InvalidInput(f"{_under(place, unknown[0])} is unknown to this version. {NEWER}")
    for name, each in known.items():
        if name not in values and name not in absent and each.default is MISSING and each.default_factory is MISSING:
            raise _lacking(_under(place, name))
    try:
        return kind(**absent | {name: value for name, value in values.items() if name in known})
    except (XqgError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"{place} cannot be read ({error}). {NEWER}") from error


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
            The manifest is damaged, of a later format than this version reads, or has other fields. So it is, too,
            when a field in one of its parts is looked for that is not there.
        """
        file = Path(folder, MANIFEST)
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise MissingInput(f"{file}: cannot be read ({error.strerror}); an artifact of xqg is expected") from error
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"{file}: not a manifest of xqg ({error})") from error
        if not isinstance(values, dict):
            raise InvalidInput(f"{file}: not a manifest of xqg (a JSON object is expected)")
        made_as = values.get("format", FORMAT)
        if not isinstance(made_as, int) or made_as > FORMAT:
            raise InvalidInput(f"{file}: format {made_as}; this version reads up to {FORMAT}. {NEWER}")
        parts = [each.name for each in fields(cls) if each.name not in ("kind", "format")]
        for name in parts:
            if not isinstance(values.get(name, {}), dict):
                raise InvalidInput(f"{file}: not a manifest of xqg ({name} is no JSON object)")
        return settings_from(cls, Fields.at(f"{file}: ", values))

    def write(self, folder: str | Path) -> None:
        """Write the manifest, whole or not at all, once all that is in the folder is safe from a power cut: that there
        is a manifest says that the rest is whole.
        """
        sync_all(Path(folder))
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


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    """`values` as they come back from a JSON file (tuples as lists), so that they compare equal."""
    result: dict[str, Any] = json.loads(json.dumps(values))
    return result


def package_versions(*more: str) -> dict[str, str]:
    """The versions of the packages whose version can change an artifact, and of `more`, of those that are there."""
    found = {}
    for package in (*PACKAGES, *more):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
