"""Files that a report is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyserini_xqg.errors import UsageError
from pyserini_xqg.evaluation.run_files import RunFiles

PLACE = {"path": True}


@dataclass(frozen=True)
class ReportFiles:
    """What a report is made of.

    Parameters
    ----------
    runs : RunFiles or None
        Runs and what they are scored by.
    sweeps : sequence of str or Path
        A folder that xqg sweep --output wrote; repeated.
    alignments : sequence of str or Path
        A file that xqg align wrote; repeated.
    artifacts : sequence of str or Path
        An index or queries folder whose manifest is shown; repeated.
    queries : str or Path or None
        Generated queries, shown with the passages of changed questions.
    title : str
        Title of the page.
    changes : int or None
        How many changed questions of a run and language are shown; None: 10, or fewer if more than 150 in all.
    """

    runs: RunFiles | None = None
    sweeps: Sequence[str | Path] = field(default=(), metadata={"option": "--sweep", **PLACE})
    alignments: Sequence[str | Path] = field(default=(), metadata={"option": "--alignment", **PLACE})
    artifacts: Sequence[str | Path] = field(default=(), metadata={"option": "--artifact", **PLACE})
    queries: str | Path | None = field(default=None, metadata=PLACE)
    title: str = "Retrieval report"
    changes: int | None = field(default=None, metadata={"metavar": "N"})

    def __post_init__(self) -> None:
        if not (self.runs or self.sweeps or self.alignments):
            raise UsageError("there is nothing to report; give runs, a sweep or an alignment")
        if self.changes is not None and self.changes < 0:
            raise UsageError(f"changes is {self.changes}: 0 or more questions are expected")
        if self.queries is not None and self.runs is None:
            raise UsageError("queries are shown with the questions that runs changed; give runs")
