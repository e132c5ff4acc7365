"""Dictionaries of the lexicon, and what they can be made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyserini_xqg.plugin.doctor.finding import Finding


def check_dictionaries(folder: Path | None = None) -> Iterator[Finding]:
    """The languages that have a dictionary where the lexicon looks, and what gives the others; none is no fault.

    Parameters
    ----------
    folder : Path, optional
        Where to look; where the lexicon does unless given.
    """
    try:
        from pyserini_xqg.generation.backends.lexicon.dictionary import FOLDER, dictionaries
        from pyserini_xqg.generation.backends.lexicon.packages import NAMES, PACKAGES, TEXT
    except ImportError:  # which is said of the package
        return
    folder = FOLDER if folder is None else folder
    found = dictionaries(folder)
    there = f"to {', '.join(sorted(found))}" if found else "none"
    yield Finding("dictionaries", f"{there} in {folder}")
    for language, packages in PACKAGES.items():
        if language not in found and packages:
            given = "; ".join(f"{kind}: {package}" for kind, package in packages.items())
            yield Finding(f"dictionary to {language}", f"not there; xqg dictionary makes one of {given}")
    everywhere = "; ".join([TEXT, *(f"{kind}: {package}" for kind, package in NAMES.items())])
    yield Finding("dictionary to any", f"xqg dictionary makes one of {everywhere}")
