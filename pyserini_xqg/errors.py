"""Errors of this package, one tree.

::

    XqgError                  6  a run failed on the way (disk full, index does not fit, ...)
    +-- UsageError            2  arguments that cannot be, or that contradict each other
    |   +-- FolderLost        2  another process has the same share, and puts its work in its place
    +-- MissingPrerequisite   3  a package, a Java runtime or a device is not there
    +-- MissingInput          4  a file, folder or model is not there
    +-- InvalidInput          5  an input is there and is wrong
    +-- InputChanged          6  an input is no longer what it was when the run began
    +-- PartlyDone            7  part of the work is done: what was made is finished, and not what was asked for
    +-- Stopped             130  the user pressed Ctrl-C

The number is the exit code of the ``xqg`` command. Every message says what was found, what was expected
and what to do.
"""


class XqgError(Exception):
    """A run failed on the way."""

    exit_code = 6


class UsageError(XqgError):
    """Arguments that cannot be, or that contradict each other."""

    exit_code = 2


class FolderLost(UsageError):
    """Of two processes with the same share, the other one took the folder for what was left of a killed one."""


class MissingPrerequisite(XqgError):
    """A package, a Java runtime or a device is not there."""

    exit_code = 3


class MissingInput(XqgError):
    """A file, a folder or a model is not there."""

    exit_code = 4


class InvalidInput(XqgError):
    """An input is there and is wrong."""

    exit_code = 5


class InputChanged(XqgError):
    """An input is no longer what it was when the run began."""

    exit_code = 6


class PartlyDone(XqgError):
    """Part of the work is done: what was made is finished, and not what was asked for."""

    exit_code = 7


class Stopped(XqgError):
    """The user pressed Ctrl-C."""

    exit_code = 130


def install_extra(name: str) -> str:
    """The command that installs an extra of this package, for messages; until the first release, in the clone."""
    return f'pip install -e ".[{name}]" (in the clone of pyserini-xqg)'
