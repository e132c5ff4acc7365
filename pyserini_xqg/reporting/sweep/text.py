"""Text of a sweep: the chosen settings, and their figures beside the plain index's."""

from __future__ import annotations

from pyserini_xqg.evaluation.sweep.result import SweepResult
from pyserini_xqg.reporting.sweep.files import reports_of
from pyserini_xqg.reporting.text import as_text


def sweep_as_text(result: SweepResult) -> str:
    """The chosen settings, and per measure and language the test figures of the plain index and of them."""
    lines = [
        f"{len(result.grid.points)} points; chosen "
        + ("on the questions of the other folds:" if len(result.chosen) > 1 else "on the dev questions:")
    ]
    for point in dict.fromkeys(result.chosen):
        times = f" ({result.chosen.count(point)} of {len(result.chosen)} folds)" if len(result.chosen) > 1 else ""
        lines.append(f"  {point}{times}")
    return "\n".join([*lines, "", as_text(reports_of(result))])
