"""Help pages in plain text, headings and two columns of options or commands; messages on wrong command lines."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cyclopts import CycloptsError
from cyclopts.exceptions import MissingArgumentError, UnusedCliTokensError

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

WIDEST, WIDEST_LABEL, INDENT = 100, 34, "  "
# What a line of a description begins with that is an example.
EXAMPLE = "$ "


class PlainHelp:
    """Formats help as cyclopts asks for it: the usage, the description, and one call a panel."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print a panel, its columns such that it takes the fewest lines."""
        rows = [(INDENT + _label(entry) + INDENT, _plain(entry.description)) for entry in panel.entries]
        if panel.format == "command":
            column = max((len(label) for label, _ in rows), default=0)
            rows = [
                (label, textwrap.shorten(text, _width(console) - column, placeholder="...")) for label, text in rows
            ]
        widths = sorted({min(len(label), WIDEST_LABEL) for label, _ in rows}, reverse=True)
        tables: list[list[str]] = [_table(rows, width, _width(console)) for width in widths]
        if tables:
            print("\n".join([f"{_plain(panel.title)}:", *min(tables, key=len)]))

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:
        """Print the line of usage."""
        print(f"Usage: {_plain(usage)}")

    def render_description(self, console: Console, options: ConsoleOptions, description: Any) -> None:
        """Print what a command does, and its examples."""
        lines = list(filter(None, map(str.strip, _lines(description))))
        text = " ".join(line for line in lines if not line.startswith(EXAMPLE))
        wrapped = textwrap.wrap(INDENT + text, _width(console), subsequent_indent=INDENT, break_on_hyphens=False)
        # An example is to be copied: it is left in one line.
        examples = [INDENT + line.removeprefix(EXAMPLE) for line in lines if line.startswith(EXAMPLE)]
        print("\n".join(["", *wrapped, "", *(["Example:", *examples] if examples else [])]))


def message_of(error: CycloptsError) -> str:
    """What cyclopts says of a wrong command line, in our form."""
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        return f"{error.argument.name} is given without a value"
    if isinstance(error, UnusedCliTokensError):
        return f"{' '.join(error.unused_tokens or ())} is more than the command takes"
    error.verbose = False
    said = str(error)
    if said[1:2].isupper():
        return said
    return said[:1].lower() + (said[1:] if said.endswith("...") else said[1:].removesuffix("."))


def _table(rows: Sequence[tuple[str, str]], column: int, width: int) -> list[str]:
    """Lines of labels and texts; a label that is too long for its column has a line of its own."""
    lines = []
    for label, text in rows:
        beside = label.ljust(column) if len(label) <= column else ""
        lines += [] if beside else [label.rstrip()]
        indent = " " * column
        lines += textwrap.wrap(
            text, width, initial_indent=beside or indent, subsequent_indent=indent, break_on_hyphens=False
        ) or [beside.rstrip()]
    return lines


def _width(console: Console) -> int:
    return min(console.width, WIDEST)


def _label(entry: HelpEntry) -> str:
    names = " / ".join([*entry.positive_names, *entry.negative_names])
    return entry.positional_label or (f"{names} {entry.metavar}" if entry.metavar else names)


def _plain(text: Any) -> str:
    """The text of anything that rich prints, in one line."""
    return " ".join(" ".join(_lines(text)).split())


def _lines(text: Any) -> list[str]:
    """The text of anything that rich prints, by its own lines."""
    from rich.console import Console

    file = io.StringIO()
    Console(file=file, width=10_000, color_system=None).print(text, markup=False, highlight=False)
    return file.getvalue().splitlines()
