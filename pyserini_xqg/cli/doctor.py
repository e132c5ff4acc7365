"""``xqg doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from pyserini_xqg.errors import MissingPrerequisite

WIDTH = 24


def doctor(
    run: Annotated[bool, typer.Option("--run", help="Also start Pyserini, in a process of its own.")] = False,
) -> None:
    """Look whether Python, packages, Java and models are as Pyserini needs them, and say what to do where not."""
    from pyserini_xqg.plugin.doctor.examination import examine

    faults = 0
    for finding in examine(run):
        print(f"{finding.subject:{WIDTH}}{finding.found}", flush=True)
        if finding.advice is not None:
            faults += 1
            print(f"{'':{WIDTH}}-> {finding.advice}", flush=True)
    print(f"{'':{WIDTH}}{'no fault found' if not faults else f'faults: {faults}, each with -> what to do'}")
    if faults:
        raise typer.Exit(MissingPrerequisite.exit_code)
