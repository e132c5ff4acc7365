"""The command line: one file a command, each a thin call of the library."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from pyserini_xqg import __version__
from pyserini_xqg.cli.align import align
from pyserini_xqg.cli.augment import augment
from pyserini_xqg.cli.demo import demo
from pyserini_xqg.cli.doctor import doctor
from pyserini_xqg.cli.encoder import encoder
from pyserini_xqg.cli.evaluate import evaluate
from pyserini_xqg.cli.filter import filter_command, score
from pyserini_xqg.cli.generate import generate
from pyserini_xqg.cli.index import index
from pyserini_xqg.cli.records import records
from pyserini_xqg.cli.report import report
from pyserini_xqg.cli.show import show
from pyserini_xqg.cli.sweep import sweep
from pyserini_xqg.cli.train import train
from pyserini_xqg.errors import Stopped, XqgError

# What takes little time, or keeps nothing of unfinished work.
STARTING_ANEW = {"show", "encoder", "records", "evaluate", "sweep", "report", "doctor"}

app = typer.Typer(
    help="Cross-lingual query generation for Pyserini: augmented FAISS indexes that stock Pyserini searches.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _stoppable(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def run_command(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except KeyboardInterrupt as stop:
            begins = "starts anew" if command.__name__ in STARTING_ANEW else "goes on where this one was"
            raise Stopped(f"stopped; the same command {begins}") from stop

    return run_command


COMMANDS = (
    *(generate, score, filter_command, show),
    *(index, augment, encoder, records),
    *(evaluate, sweep, align, report),
    *(demo, doctor),
)
for command in COMMANDS:
    app.command(command.__name__.removesuffix("_command"))(_stoppable(command))
for registered in train.registered_commands:
    assert registered.callback is not None
    registered.callback = _stoppable(registered.callback)
app.add_typer(train, name="train")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"pyserini-xqg {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version and end."
    ),
) -> None:
    """Options before the command."""


def run() -> None:
    """Run the command line; a user's mistake ends in a message and an exit code, never in a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("pyserini_xqg").setLevel(logging.INFO)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may not know all letters
    try:
        app(prog_name="xqg")
    except XqgError as error:
        print(f"xqg: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        print(f"xqg: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(XqgError.exit_code)
