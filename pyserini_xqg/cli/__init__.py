"""Command line: one file a command, each a thin call of the library."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from pyserini_xqg import __version__
from pyserini_xqg.cli._printing import print_result, say
from pyserini_xqg.cli._renamed import with_new_names
from pyserini_xqg.collection.visible_text import visible
from pyserini_xqg.encoding.memory import out_of_memory
from pyserini_xqg.errors import Stopped, UsageError, XqgError
from pyserini_xqg.options.help_page import PlainHelp, message_of
from pyserini_xqg.options.result import Result

COMMANDS = (
    *("plan", "dictionary", "generate", "score", "filter", "show"),
    *("index", "augment", "encoder", "records"),
    *("evaluate", "sweep", "align", "report"),
    *("data", "export", "push", "pull"),
    *("demo", "reproduce", "doctor"),
)
# What takes little time, or keeps nothing of unfinished work.
STARTING_ANEW = {"plan", "dictionary", "show", "encoder", "records", "evaluate", "sweep", "report", "push", "doctor"}
FLAGS = {"--help": "Show this message and end.", "--version": "Show the version and end."}

app = App(
    "xqg",
    help="Cross-lingual query generation for Pyserini: augmented FAISS indexes that stock Pyserini searches. "
    "Exit codes (see docs/exit-codes.md): 0 done, 2 wrong use, 3 something is not installed, 4 an input is missing, "
    "5 an input is wrong, 6 failed on the way, 7 part of the work is done, 130 stopped.",
    version=f"pyserini-xqg {__version__}",
    help_flags=["--help"],
    version_flags=["--version"],
    help_format="plaintext",
    help_formatter=PlainHelp(),
    suppress_keyboard_interrupt=False,
)
for number, name in enumerate((*COMMANDS, "train")):
    # A command's module is imported when the command, or help on all of them, is asked for.
    app.command(f"{__name__}.{name}:{name}", name=name, sort_key=number)
app.register_install_completion_command(help="Have the shell complete commands and options.", group="Options")
for flag, said in FLAGS.items():
    app[flag].help, app[flag].group = said, "Options"


class _Visible(logging.Formatter):
    """Messages with nothing of a file in them that steers a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def run() -> None:
    """Run the command line; a user's mistake ends in a message and an exit code, never in a traceback."""
    shown = logging.StreamHandler()
    shown.setFormatter(_Visible("%(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[shown])
    logging.getLogger("pyserini_xqg").setLevel(logging.INFO)
    logging.getLogger("huggingface_hub").propagate = False  # it prints its messages itself
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may not know all letters
    try:
        _run(sys.argv[1:])
    except XqgError as error:
        say(f"xqg: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # whoever read what is printed has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(XqgError.exit_code)
    except OSError as error:
        say(f"xqg: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(XqgError.exit_code)
    except Exception as error:
        if not out_of_memory(error):
            raise
        # A batch that does not fit is halved; this is a model, or an index.
        say(
            f"xqg: out of memory ({str(error).splitlines()[0] if str(error) else 'no more is said'}); more that is "
            "free, a smaller model or input, --dtype bfloat16 or another --device is expected",
            file=sys.stderr,
        )
        sys.exit(XqgError.exit_code)


def _run(arguments: Sequence[str]) -> None:
    command, executing, _ = app.parse_commands(arguments)
    group = executing[-2] if command[-1:] == ("--help",) else executing[-1]
    if group.default_command is None:
        group.resolved_commands()  # the library lists those that are imported with what they do
        if group is executing[-1] and len(arguments) == len(command):
            app.help_print(arguments)
            sys.exit(UsageError.exit_code)
    try:
        found = app(
            with_new_names(command, arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
        if isinstance(found, Result):  # not of --help and --version
            print_result(found)
    except CycloptsError as error:
        raise UsageError(f"{message_of(error)} (see {' '.join(['xqg', *command, '--help'])})") from error
    except KeyboardInterrupt as stop:
        begins = "starts anew" if command[-1] in STARTING_ANEW else "goes on where this one was"
        raise Stopped(f"stopped; the same command {begins}") from stop
