"""``xqg evaluate``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pyserini_xqg.evaluation.run_files import OUTPUT, RunFiles
from pyserini_xqg.options.command import Options, command
from pyserini_xqg.options.result import Result


@command
def evaluate(
    *,
    files: Annotated[dict[str, Any], Options(RunFiles, layered=True)],
    changed: Annotated[bool, OUTPUT] = False,
    output_format: Annotated[Literal["text", "tsv"], {"option": "--format", **OUTPUT}] = "text",
) -> Result:
    """Score runs and say whether they differ from a baseline and from their controls.

    Parameters
    ----------
    changed : bool
        List the questions on which runs differ from the baseline (tsv: instead of the figures).
    output_format : {"text", "tsv"}
        Form of what is printed.

    Examples
    --------
    $ xqg evaluate --run plain=plain.txt --run xqg=xqg.txt --qrels qrels.txt --topics fi=fi.tsv
    """
    from pyserini_xqg.evaluation.evaluate import evaluate_files
    from pyserini_xqg.reporting.json import to_objects
    from pyserini_xqg.reporting.text import as_text
    from pyserini_xqg.reporting.tsv import as_tsv, changes_as_tsv

    reports = evaluate_files(RunFiles(**{"runs": {}, **files}))
    if output_format == "text":
        text = as_text(reports, changed)
    else:
        text = changes_as_tsv(reports) if changed else as_tsv(reports)
    return Result(to_objects(reports, changed), text)
