"""What was found of alignment, as text and as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyserini_xqg.evaluation.alignment.alignment import CONTROLS, Alignment
from pyserini_xqg.evaluation.alignment.pair_measures import ACCURACY
from pyserini_xqg.evaluation.alignment.vectors import PLAIN
from pyserini_xqg.evaluation.comparison.comparison import RunComparison
from pyserini_xqg.evaluation.comparison.differences import LanguageDifference, MeanDifference
from pyserini_xqg.evaluation.comparison.measure_report import MEAN, MeasureReport, as_object, label
from pyserini_xqg.reporting.text import SIGNIFICANT, aligned, shown_p
from pyserini_xqg.reporting.tsv import as_tsv

KIND = "alignment"
LEGEND = (
    "difference: to plain; ! a control gains as much or more. shuffled: queries of another sentence; mean: the mean "
    "query vector.\n"
    f"p: paired test (McNemar's of hits, randomisation of graded values), Holm-corrected over the languages, * below "
    f"{SIGNIFICANT}.\n"
    "* behind a mean: the 95% bootstrap interval of its difference to plain is above or below 0."
)


def table(alignment: Alignment) -> str:
    """For each similarity ``A@1`` per language, with significance and controls, and all measures as means."""
    parts = []
    for similarity, chosen in alignment.chosen.items():
        of_similarity = {
            report.measure.removeprefix(f"{similarity} "): report
            for report in alignment.reports
            if report.measure.startswith(f"{similarity} ")
        }
        parts += [_languages(similarity, of_similarity[ACCURACY], run) for run in chosen or (None,)]
        parts.append(_means(alignment, similarity, of_similarity))
        if chosen:
            lines = (f"  {run}: {', '.join(f'{alpha:g}' for alpha in alphas)}" for run, alphas in chosen.items())
            parts.append(
                "\n".join([f"weights, for each fold the best by {similarity} {ACCURACY} of the others:", *lines])
            )
    return "\n\n".join([*parts, LEGEND])


def as_json(alignment: Alignment, settings: Mapping[str, Any]) -> str:
    """All of it but the single sentences.

    Parameters
    ----------
    alignment : Alignment
    settings : mapping
        What it was called with.
    """
    values = {
        "kind": KIND,
        "settings": dict(settings),
        "counts": alignment.counts,
        "chosen": {
            f"{run} ({similarity})": list(alphas)
            for similarity, of_runs in alignment.chosen.items()
            for run, alphas in of_runs.items()
        },
        "measures": {report.measure: as_object(report) for report in alignment.reports},
        "groups": {report.measure: _groups(report) for report in alignment.reports},
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def tsv(alignment: Alignment) -> str:
    """The same lines as ``xqg evaluate --format tsv``; groups stand in the column of the languages."""
    return as_tsv(alignment.reports) + "\n"


def _languages(similarity: str, report: MeasureReport, run: str | None) -> str:
    """One measure in each language: plain, with queries, and the controls of these."""
    comparison = report.comparison
    controls = comparison.controls[run] if run is not None else ()
    rows = [[f"{similarity} {ACCURACY} (%)", "pairs", PLAIN]]
    if run is not None:
        rows[0] += [run, "difference ", "won/lost", "p ", "|", *CONTROLS]
    for language in [*comparison.questions, MEAN]:
        row = [label(language), f"{report.questions(language):,}", _percent(report, PLAIN, language)]
        if run is not None:
            found = comparison.differences[run].at(language)
            above = any(each.mean_not_above if language == MEAN else language in each.not_above for each in controls)
            row += [_percent(report, run, language), f"{100 * found.difference:+z.1f}{'!' if above else ' '}"]
            if isinstance(found, LanguageDifference):
                row += [f"{found.test.won}/{found.test.lost}", shown_p(found.p)]
            else:
                row += ["", ""]
            row += ["|", *(_percent(report, each.control, language) for each in controls)]
        rows.append(row)
    return aligned(rows)


def _percent(report: MeasureReport, run: str, row: str) -> str:
    value = report.value(run, row)
    assert value is not None  # only R@kt can have none
    return f"{100 * value:.1f}"


def _means(alignment: Alignment, similarity: str, reports: Mapping[str, MeasureReport]) -> str:
    """The mean of the languages, and of each group of them, by every measure."""
    runs = [PLAIN, *alignment.chosen[similarity]]
    rows = [["means (%)", "languages", *(f"{run} " for run in runs)]]
    for measure, report in reports.items():
        comparison = report.comparison
        for group in (MEAN, *comparison.groups):
            languages = comparison.groups.get(group, comparison.questions)
            values = [f"{_percent(report, run, group)}{_mark(comparison, run, group)}" for run in runs]
            rows.append([f"{measure}, {label(group)}", str(len(languages)), *values])
    return aligned(rows)


def _mark(comparison: RunComparison, run: str, group: str) -> str:
    found = None if run == PLAIN else comparison.differences[run].at(group)
    low, high = (isinstance(found, MeanDifference) and found.interval) or (0.0, 0.0)
    return "*" if low > 0 or high < 0 else " "


def _groups(report: MeasureReport) -> dict[str, Any]:
    """Each group's languages, values and differences."""
    comparison = report.comparison
    return {
        group: {
            "languages": list(languages),
            "values": {run: report.value(run, group) for run in comparison.macro},
            "differences": [
                {"run": each.run, "against": each.against, **report.cells(each, group)} for each in report.differences()
            ],
        }
        for group, languages in comparison.groups.items()
    }
