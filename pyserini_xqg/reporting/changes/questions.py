"""Questions on which a run differs from the baseline, as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.evaluation.run_files import RunFiles
from pyserini_xqg.reporting.changes.material import ChangedQuestion, Material
from pyserini_xqg.reporting.changes.selection import ChangedValues, changed_values, most_changed


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
    reports: Sequence[MeasureReport], files: RunFiles, queries: Path | None, limit: int
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
    limit : int
        How many questions of a run and language are shown.

    Raises
    ------
    InvalidInput
        The corpus has not all passages that are first in a run.
    """
    baseline, runs = reports[0].baseline, reports[0].compared
    languages = list(dict.fromkeys(language for report in reports for language in report.questions))
    chosen: dict[tuple[str, str], tuple[list[ChangedValues], list[ChangedValues]]] = {}
    for run in runs:
        for language, changed in changed_values(reports, run).items():
            chosen[run, language] = most_changed(changed, limit), changed
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
