"""HTML page of a report: one file with its style and its pictures in it, no script, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pyserini_xqg import __version__
from pyserini_xqg.collection.visible_text import visible
from pyserini_xqg.evaluation.comparison.measure_report import MeasureReport, row_label
from pyserini_xqg.evaluation.comparison.row_differences import MEAN
from pyserini_xqg.evaluation.comparison.significance import SIGNIFICANT
from pyserini_xqg.reporting.alignment.files import AlignmentFile
from pyserini_xqg.reporting.artifacts import Artifact, flattened, set_apart
from pyserini_xqg.reporting.changes.questions import ChangedGroup
from pyserini_xqg.reporting.figures import NONE, Unit
from pyserini_xqg.reporting.html.charts import NAMES, curve_svg
from pyserini_xqg.reporting.measure_tables import (
    clusters_in_words,
    detail,
    intervals,
    is_graded,
    overview,
    title,
    used_tests,
)
from pyserini_xqg.reporting.summaries import RunSummary, run_summaries
from pyserini_xqg.reporting.sweep.curves import Curve
from pyserini_xqg.reporting.sweep.files import SweepFile
from pyserini_xqg.reporting.table import Mark

TEMPLATE, STYLE = "page.html.j2", "style.css"


@dataclass(frozen=True)
class Contents:
    """What a report has in it.

    Attributes
    ----------
    title : str
    reports : sequence of MeasureReport
        Of the runs.
    summaries : sequence of RunSummary
    sweeps : sequence of SweepFile
    alignments : sequence of AlignmentFile
    changes : sequence of ChangedGroup
    limit : int
        How many changed questions of a run and language are shown at most.
    artifacts : sequence of Artifact
    inputs : sequence of (str, str, str)
        What was read, from where, and the beginning of its SHA-256 or "".
    files, latex : sequence of str, str
        Names of the files beside the page.
    """

    title: str
    reports: Sequence[MeasureReport]
    summaries: Sequence[RunSummary]
    sweeps: Sequence[SweepFile]
    alignments: Sequence[AlignmentFile]
    changes: Sequence[ChangedGroup]
    limit: int
    artifacts: Sequence[Artifact]
    inputs: Sequence[tuple[str, str, str]]
    files: Sequence[str]
    latex: str


@dataclass(frozen=True)
class _DrawnCurve:
    """A curve, its picture, and how its values are shown."""

    data: Curve
    svg: Markup
    unit: Unit


@dataclass(frozen=True)
class _DrawnSweep:
    file: SweepFile
    curves: Sequence[_DrawnCurve]
    summaries: Sequence[RunSummary]


def as_html(contents: Contents) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("pyserini_xqg.reporting.html", "."),
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,  # markup is ours
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"label": row_label}
    environment.globals |= {
        "label": row_label,
        "role": _role,
        "title_of": title,
        "unit_of": Unit.of,
        "overview_table": overview,
        "detail_table": detail,
        "intervals": intervals,
        "is_graded": is_graded,
        "Mark": Mark,
        "number": "{:.4g}".format,
        "tests": _tests,
        "clusters_in_words": clusters_in_words,
        "officially": _officially,
        "flattened": flattened,
        "parts_of": _parts_of,
        "set_apart": set_apart,
        "summaries_of": lambda report: run_summaries([report]),
        "AXES": NAMES,
        "MEAN": MEAN,
        "NONE": NONE,
        "significant": SIGNIFICANT,
        "version": __version__,
    }
    assert environment.loader is not None
    style, _, _ = environment.loader.get_source(environment, STYLE)
    return environment.get_template(TEMPLATE).render(
        style=Markup(style),
        title=contents.title,
        reports=contents.reports,
        summaries=contents.summaries,
        sweeps=[_drawn(number, sweep) for number, sweep in enumerate(contents.sweeps)],
        alignments=contents.alignments,
        changes=contents.changes,
        limit=contents.limit,
        artifacts=contents.artifacts,
        inputs=contents.inputs,
        files=contents.files,
        latex=contents.latex,
    )


def _drawn(number: int, sweep: SweepFile) -> _DrawnSweep:
    curves = []
    for place, curve in enumerate(sweep.curves):
        values = [value for point in curve.points for value in (point.mean, *point.languages.values())]
        unit = Unit.of_values(values)
        curves.append(_DrawnCurve(curve, curve_svg(curve, f"curve-{number}-{place}", unit.percent), unit))
    return _DrawnSweep(sweep, curves, run_summaries(sweep.tests))


def _role(report: MeasureReport, run: str) -> str:
    """What stands below a run's name."""
    if run == report.baseline:
        return "baseline"
    of = [other for other, controls in report.not_above.items() if run in controls]
    return f"control of {', '.join(of)}" if of else ""


def _tests(reports: Sequence[MeasureReport]) -> str:
    """The tests that were used, in words."""
    words = " or ".join(used_tests(reports)) or "p"
    several = any(len(report.questions) > 1 for report in reports)
    return f"{words}, Holm-corrected over the languages; of a mean: randomisation, not corrected" if several else words


def _officially(reports: Iterable[MeasureReport]) -> list[str]:
    return list(dict.fromkeys(run for report in reports for run in report.officially_otherwise()))


def _parts_of(artifact: Artifact) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    manifest = artifact.manifest
    parts: Mapping[str, Any] = {
        "settings": manifest.settings,
        "inputs": manifest.inputs,
        "counts": manifest.counts,
        "details": manifest.details,
        "packages": manifest.packages,
    }
    yield from ((name, list(flattened(part))) for name, part in parts.items() if part)
