"""Published data sets by name, as ``xqg data`` calls them. One is a file of this folder and a line of :data:`NAMES`."""

from __future__ import annotations

from importlib import import_module

from pyserini_xqg.collection.published.base import PublishedDataSet
from pyserini_xqg.errors import UsageError

# Name to the module that holds it as DATA_SET.
NAMES = {
    "xor-tydi": "xor_tydi",
    "xquad": "xquad",
    "mlqa": "mlqa",
    "afriqa": "afriqa",
    "miracl": "miracl",
    "mr-tydi": "mr_tydi",
    "ciral": "ciral",
    "xnli": "xnli",
    "ntrex": "ntrex",
    "flores": "flores",
}


def published(name: str) -> PublishedDataSet:
    """The data set of this name.

    Raises
    ------
    UsageError
        There is none.
    """
    if name not in NAMES:
        raise UsageError(f"no data set {name!r}: one of {', '.join(NAMES)} is expected")
    found: PublishedDataSet = import_module(f"pyserini_xqg.collection.published.{NAMES[name]}").DATA_SET
    return found
