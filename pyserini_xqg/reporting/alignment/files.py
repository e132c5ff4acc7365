"""Files of an alignment, JSON and TSV: written by ``xqg align``, the JSON read by ``xqg report``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyserini_xqg.errors import InvalidInput
from pyserini_xqg.evaluation.alignment.alignment import Alignment
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport
from pyserini_xqg.reporting._json_files import read_json, written_by
from pyserini_xqg.reporting.json import cells, from_object, to_object
from pyserini_xqg.reporting.tsv import as_tsv

KIND = "alignment"


@dataclass(frozen=True)
class LanguageGroup:
    """Several languages together: what the conditions have, and how they differ."""

    name: str
    languages: Sequence[str]
    values: Mapping[str, float]
    differences: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class AlignmentFile:
    """What ``xqg align`` wrote.

    Attributes
    ----------
    name : str
    settings, counts : mapping
    chosen : mapping
        Condition to its weights, in words.
    reports : sequence of MeasureReport
    groups : mapping
        Measure to groups.
    """

    name: str
    settings: Mapping[str, Any]
    counts: Mapping[str, Any]
    chosen: Mapping[str, str]
    reports: Sequence[MeasureReport]
    groups: Mapping[str, Sequence[LanguageGroup]]


def alignment_object(alignment: Alignment, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All of it but the single sentences.

    Parameters
    ----------
    alignment : Alignment
    settings : mapping
        What it was called with.
    """
    return {
        "kind": KIND,
        "settings": dict(settings),
        "counts": alignment.counts,
        "chosen": {
            f"{run} ({similarity})": list(alphas)
            for similarity, of_runs in alignment.chosen.items()
            for run, alphas in of_runs.items()
        },
        "hubness": {
            f"{run} ({similarity})": list(shares)
            for similarity, of_runs in alignment.shares.items()
            for run, shares in of_runs.items()
        },
        "measures": {report.measure: to_object(report) for report in alignment.reports},
        "groups": {report.measure: _groups(report) for report in alignment.reports},
    }


def alignment_as_tsv(alignment: Alignment) -> str:
    """The same lines as ``xqg evaluate --format tsv``; groups stand in the column of the languages."""
    return as_tsv(alignment.reports) + "\n"


def read_alignment(file: Path) -> AlignmentFile:
    """What ``xqg align`` found.

    Raises
    ------
    MissingInput
        The file cannot be read.
    InvalidInput
        It is not what ``xqg align`` writes.
    """
    found = read_json(file, "the JSON of xqg align is expected")
    if found.get("kind") != KIND:
        raise InvalidInput(f"{file}: its kind is {found.get('kind')!r}; {KIND!r}, the JSON of xqg align, is expected")
    with written_by("xqg align", file):
        return AlignmentFile(
            file.name,
            dict(found["settings"]),
            dict(found["counts"]),
            {str(run): ", ".join(f"{float(each):g}" for each in alphas) for run, alphas in found["chosen"].items()},
            [from_object(measure, each) for measure, each in found["measures"].items()],
            {
                measure: [_read_group(name, each) for name, each in groups.items()]
                for measure, groups in found["groups"].items()
            },
        )


def _groups(report: MeasureReport) -> dict[str, Any]:
    """Each group's languages, values and differences."""
    return {
        group: {
            "languages": list(languages),
            "values": {run: report.value(run, group) for run in report.runs},
            "differences": [
                {"run": each.run, "against": each.against, **cells(report, group, each.at(group))}
                for each in report.differences
            ],
        }
        for group, languages in report.groups.items()
    }


def _read_group(name: str, found: Mapping[str, Any]) -> LanguageGroup:
    return LanguageGroup(
        name,
        [str(language) for language in found["languages"]],
        {str(run): float(value) for run, value in found["values"].items()},
        [
            {
                "run": str(each["run"]),
                "against": str(each["against"]),
                "difference": float(each["difference"]),
                **{end: None if each[end] is None else float(each[end]) for end in ("low", "high")},
            }
            for each in found["differences"]
        ],
    )
