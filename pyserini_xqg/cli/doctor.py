"""``xqg doctor``."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace

from pyserini_xqg.cli._printing import print_result, say
from pyserini_xqg.errors import MissingPrerequisite
from pyserini_xqg.options.command import command
from pyserini_xqg.options.result import Result

WIDTH = 24


@command
def doctor(*, run: bool = False, as_json: bool = False) -> Result:
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

    found = []
    for finding in examine(run):
        found.append(finding)
        if not as_json:
            say(f"{finding.subject:{WIDTH}}{finding.found}")
            if finding.advice is not None:
                say(f"{'':{WIDTH}}-> {finding.advice}")
    faults = sum(finding.advice is not None for finding in found)
    told = "no fault found" if not faults else f"faults: {faults}, each with -> what to do"
    result = Result({"faults": faults, "findings": [asdict(finding) for finding in found]}, f"{'':{WIDTH}}{told}")
    if faults:
        print_result(replace(result, as_json=as_json))
        sys.exit(MissingPrerequisite.exit_code)
    return result
