"""``xqg doctor``."""

from __future__ import annotations

import sys

from pyserini_xqg.cli._printing import say
from pyserini_xqg.errors import MissingPrerequisite
from pyserini_xqg.options.command import command

WIDTH = 24


@command
def doctor(*, run: bool = False) -> None:
    """Look whether Python, packages, Java and models are as Pyserini needs them, and say what to do where not.

    Parameters
    ----------
    run : bool
        Also start Pyserini, in a process of its own.

    Examples
    --------
    $ xqg doctor --run
    """
    from pyserini_xqg.plugin.doctor.examination import examine

    faults = 0
    for finding in examine(run):
        say(f"{finding.subject:{WIDTH}}{finding.found}")
        if finding.advice is not None:
            faults += 1
            say(f"{'':{WIDTH}}-> {finding.advice}")
    say(f"{'':{WIDTH}}{'no fault found' if not faults else f'faults: {faults}, each with -> what to do'}")
    if faults:
        sys.exit(MissingPrerequisite.exit_code)
