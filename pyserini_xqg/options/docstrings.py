"""Help texts from numpy docstrings, which are written for readers of Python."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from docstring_parser import DocstringStyle, parse

from pyserini_xqg.options.help_page import EXAMPLE

ROLE = re.compile(r":[\w:]+:`~?(?:[\w.]+\.)?(\w+)`")
SENTENCE = re.compile(r"\.\s+(?=[A-Z(`])")
# The heading of a section.
SECTION = re.compile(r"^\w[\w ]*\n-{3,}$", re.MULTILINE)


def help_texts(source: Callable[..., Any]) -> dict[str, str]:
    """What the docstring of a function, or those of a class and its bases, say of each parameter in short.

    The short form is the first sentence; what a parameter that is None stands for is in brackets: of "Lists to look
    into; None: a sixteenth of them." remains "Lists to look into [a sixteenth of them]."
    """
    described = reversed(source.__mro__) if inspect.isclass(source) else (source,)
    return {name: text for each in described for name, text in _parameters(each)}


def examples(function: Callable[..., Any]) -> list[str]:
    """The lines after ``$`` in the examples of a docstring."""
    _, _, rest = (inspect.getdoc(function) or "").partition("\nExamples\n--------\n")
    return [line.removeprefix(EXAMPLE).strip() for line in rest.splitlines() if line.startswith(EXAMPLE)]


def described(function: Callable[..., Any]) -> str:
    """A docstring for the help of a command: what stands before its sections, and the examples."""
    said = SECTION.split(inspect.getdoc(function) or "", 1)[0].strip()
    return "\n\n".join([said, *(EXAMPLE + each for each in examples(function))])


def with_default(text: str, default: str) -> str:
    """A help text that names the default in brackets."""
    if not default or text.endswith("]."):
        return text
    return f"{text if text.endswith('...') else text.removesuffix('.')} [{default}]."


def _parameters(source: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    for parameter in parse(source.__doc__ or "", DocstringStyle.NUMPYDOC).params:
        for name in parameter.arg_name.split(","):
            yield name.strip(), _short(parameter.description or "")


def _short(text: str) -> str:
    plain = ROLE.sub(r"\1", " ".join(text.split())).replace("`", "")
    sentence = SENTENCE.split(plain, 1)[0].removesuffix(".")
    before, said, default = sentence.partition("; None: ")
    return f"{before} [{default}]." if said else f"{sentence}." if sentence else ""
