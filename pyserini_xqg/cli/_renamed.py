"""Options that had another name: the old one still works, and says what it is called now."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from pyserini_xqg.cli._printing import say

DATA_FORMAT = {"--format": "--data-format"}
# --json was a value of --format.
FORMATTED = {("evaluate",), ("align",)}
RENAMED: Mapping[tuple[str, ...], Mapping[str, str]] = {
    ("generate",): {"--filter": "--keep"},
    ("sweep",): {"--alphas": "--alpha", "--hubness": "--reduce-hubness"},
    ("align",): {"--alphas": "--alpha"},
    ("train", "retriever"): DATA_FORMAT,
    ("train", "generator"): DATA_FORMAT,
    ("train", "mine"): DATA_FORMAT,
    ("train", "distill"): {**DATA_FORMAT, "--teacher-query-length": "--teacher-output-length"},
}


def with_new_names(command: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """The arguments with each option as it is called now; on standard error what was called otherwise.

    Parameters
    ----------
    command : sequence of str
        Its name, with its group's before it.
    arguments : sequence of str
        All of the command line.
    """
    names = RENAMED.get(tuple(command), {})
    arguments = _with_json(arguments) if tuple(command) in FORMATTED else arguments
    found = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name in names:
            if "--quiet" not in arguments:
                say(f"xqg: {name} is called {names[name]} now", file=sys.stderr)
            name = names[name]
        found.append(f"{name}{equals}{value}")
    return found


def _with_json(arguments: Sequence[str]) -> Sequence[str]:
    found = list(arguments)
    for place in reversed(range(len(found))):
        for old in (["--format", "json"], ["--format=json"]):
            if found[place : place + len(old)] == old:
                found[place : place + len(old)] = ["--json"]
    if found != list(arguments) and "--quiet" not in arguments:
        say("xqg: --format json is called --json now", file=sys.stderr)
    return found
