"""``xqg report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.run_files import RunFiles
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result
from pyserini_xqg.reporting.report_files import ReportFiles


@command
def report(
    *,
    output: Path,
    of_runs: Annotated[dict[str, Any], Options(RunFiles, without=["exports"], layered=True)],
    more: Annotated[dict[str, Any], Options(ReportFiles, without=["runs"], panel="What else is shown")],
) -> Result:
    """Make a page of runs, sweeps and alignments, and the same as rows for programs (TSV, JSON) and papers (LaTeX).

    Parameters
    ----------
    output : Path
        A folder for report.html, .tsv, .json and .tex.

    Examples
    --------
    $ xqg report --run plain=plain.txt --run xqg=xqg.txt --qrels qrels.txt --output report/
    """
    from pyserini_xqg.reporting.report import make_report

    named = "runs" in of_runs or "predictions" in of_runs
    if of_runs and not named:
        raise UsageError("what belongs to runs is given, and no run; name one or more as --run NAME=FILE")
    runs = RunFiles(**{"runs": {}, **of_runs}) if named else None
    files = make_report(ReportFiles(runs, **more), output)
    return Result({"files": [str(file) for file in files]}, "\n".join(map(str, files)))
