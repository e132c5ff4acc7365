"""``xqg evaluate``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pyserini_xqg.cli._printing import say
from pyserini_xqg.evaluation.run_files import OUTPUT, RunFiles
from pyserini_xqg.options.command import Options, command


@command
def evaluate(
    *,
    files: Annotated[dict[str, Any], Options(RunFiles, layered=True)],
    changed: Annotated[bool, OUTPUT] = False,
    output_format: Annotated[Literal["text", "tsv", "json"], {"option": "--format", **OUTPUT}] = "text",
) -> None:
    """Score runs and say whether they differ from a baseline and from their controls.

    Parameters
    ----------
    changed : bool
        List the questions on which runs differ from the baseline (tsv: instead of the figures).
    output_format : {"text", "tsv", "json"}
        Form of what is printed.

    Examples
    --------
    $ xqg evaluate --run plain=plain.txt --run xqg=xqg.txt --qrels qrels.txt --topics fi=fi.tsv
    """
    from pyserini_xqg.evaluation.evaluate import evaluate_files
    from pyserini_xqg.reporting.json import as_json
    from pyserini_xqg.reporting.text import as_text
    from pyserini_xqg.reporting.tsv import as_tsv, changes_as_tsv

    reports = evaluate_files(RunFiles(**{"runs": {}, **files}))
    if output_format == "text":
        say(as_text(reports, changed))
    elif output_format == "json":
        say(as_json(reports, changed))
    else:
        say(changes_as_tsv(reports) if changed else as_tsv(reports))
