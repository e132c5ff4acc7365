"""Questions on which a run differs from the baseline, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.run_files import RunFiles
from pyserini_xqg.reporting.changes.material import ChangedQuestion, Material
from pyserini_xqg.reporting.changes.selection import changed_values, most_changed

# Of a run and language, and of a page: unless a number is given.
MOST, IN_ALL = 10, 150


@dataclass(frozen=True)
class ChangedGroup:
    """The questions of one run and language that are shown.

    Attributes
    ----------
    run, baseline, language : str
    won, lost : int
        How many there are.
    questions : sequence of ChangedQuestion
        Those shown.
    """

    run: str
    baseline: str
    language: str
    won: int
    lost: int
    questions: Sequence[ChangedQuestion]


def changed_questions(
    reports: Sequence[MeasureReport], files: RunFiles, queries: Path | None, limit: int | None = None
) -> list[ChangedGroup]:
    """The questions that changed most, of each run that is no control and of each language.

    The first measure on which a question differs says whether it is won or lost; measures are in the order in which
    they were given, so questions that differ on the first one come first, largest difference first. Of `limit` ones
    one half are won and one half lost, as far as there are any.

    Parameters
    ----------
    reports : sequence of MeasureReport
    files : RunFiles
        What they were made of.
    queries : Path or None
        A file or folder of generated queries.
    limit : int or None
        How many questions of a run and language are shown; None: 10, or fewer, at least one, where all runs and
        languages together would have more than 150.

    Raises
    ------
    InvalidInput
        The corpus has not all passages that are first in a run.
    """
    baseline, runs = reports[0].baseline, reports[0].compared
    languages = list(dict.fromkeys(language for report in reports for language in report.questions))
    found = {(run, language): of for run in runs for language, of in changed_values(reports, run).items()}
    if limit is None:
        limit = max(1, min(MOST, IN_ALL // max(1, len(found))))
    chosen = {place: (most_changed(changed, limit), changed) for place, changed in found.items()}
    shown = {each.question for some, _ in chosen.values() for each in some}
    material = Material.read(files, queries, [baseline, *runs], shown)
    return [
        ChangedGroup(
            run,
            baseline,
            language,
            sum(each.won for each in every),
            sum(not each.won for each in every),
            [material.question(each, run, baseline, language) for each in some],
        )
        for run in runs
        for language in languages
        if (run, language) in chosen
        for some, every in [chosen[run, language]]
    ]
