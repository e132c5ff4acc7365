"""Conditions of a reproduction: what is run and what has to come out, from ``conditions.yaml``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pyserini_xqg.encoding.bundled_model import BUNDLED
from pyserini_xqg.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Check:
    """Scores that a command prints, or writes into a file, and what they have to be.

    Parameters
    ----------
    what : str
        What is scored.
    where : mapping
        Column to value: the rows of a table, or the measure of trec_eval.
    expected : mapping
        Language, ``mean``, or ``all``, to a score in percent; None: not known.
    tolerance : float
        In points.
    command, file : str
        One of the two.
    """

    what: str
    where: Mapping[str, str]
    expected: Mapping[str, float | None]
    tolerance: float
    command: str = ""
    file: str = ""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A result, and the commands that lead to it.

    Parameters
    ----------
    name, title : str
    published : str or None
        Where the scores are from; None: they are measured by this project.
    steps : sequence of str
        Commands of ``xqg`` and ``python -m pyserini``.
    checks : sequence of Check
    data : mapping
        Published data set (:mod:`pyserini_xqg.collection.published`) to its ``split``, ``languages`` and ``with``.
    files : mapping
        Name to URLs of other files; none: they have to be given.
    models : mapping
        Name to a model of the hub, or ``bundled``: the multilingual-e5-small of the extra demo.
    dictionaries : sequence of str
        Languages that the lexicon needs one of.
    disk, memory : int
        Gigabytes.
    notes : str
    """

    name: str
    title: str
    published: str | None
    steps: Sequence[str]
    checks: Sequence[Check]
    data: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    dictionaries: Sequence[str] = ()
    disk: int = 0
    memory: int = 0
    notes: str = ""

    @property
    def offline(self) -> bool:
        """Whether no model of the hub is needed."""
        return {*self.models.values()} <= {BUNDLED} and not self.files


@cache
def conditions() -> Mapping[str, Condition]:
    """All conditions by name."""
    text = (files("pyserini_xqg.reproduction") / "conditions.yaml").read_text(encoding="utf-8")
    found = [
        Condition(**{**each, "checks": [Check(**check) for check in each["checks"]]}) for each in yaml.safe_load(text)
    ]
    return {each.name: each for each in found}


def condition(name: str) -> Condition:
    """The condition of this name.

    Raises
    ------
    UsageError
        There is none.
    """
    if name not in conditions():
        raise UsageError(f"no condition {name!r}: one of {', '.join(conditions())} is expected")
    return conditions()[name]


def filled(command: str, places: Mapping[str, str]) -> list[str]:
    """The words of a command with what stands for {names} in it."""
    return [word.format_map(places) for word in shlex.split(command)]
