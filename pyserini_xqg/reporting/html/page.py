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
from pyserini_xqg.evaluation.comparison.significance import SIGNIFICANT, TESTS
from pyserini_xqg.reporting.alignment.files import AlignmentFile
from pyserini_xqg.reporting.artifacts import Artifact, flattened, set_apart
from pyserini_xqg.reporting.changes.questions import ChangedGroup
from pyserini_xqg.reporting.figures import Unit
from pyserini_xqg.reporting.html.curve_chart import NAMES, curve_svg
from pyserini_xqg.reporting.html.forest_chart import forest_legend, forest_svg
from pyserini_xqg.reporting.measure_tables import (
    INTERVAL,
    clusters_in_words,
    detail,
    intervals,
    is_graded,
    overview,
    title,
    used_tests,
)
from pyserini_xqg.reporting.sentences import Name, Sentence, joined, sentence
from pyserini_xqg.reporting.summaries import RunSummary, Verdict, run_summaries
from pyserini_xqg.reporting.sweep.curves import Curve
from pyserini_xqg.reporting.sweep.files import SweepFile
from pyserini_xqg.reporting.table import Mark

TEMPLATE, STYLE = "page.html.j2", "style.css"
SIGNS = {Verdict.GAIN: "▲ ", Verdict.NOT_ABOVE: "! ", Verdict.LOSS: "▼ ", Verdict.UNCLEAR: ""}


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

    @property
    def banded(self) -> bool:
        """Whether the interval of some point is known."""
        return any(point.interval for point in self.data.points)


@dataclass(frozen=True)
class _DrawnForest:
    """A run's differences by one measure, their picture, and its legend."""

    report: MeasureReport
    run: str
    svg: Markup
    legend: Sequence[tuple[int, str, str]]


@dataclass(frozen=True)
class _DrawnSweep:
    file: SweepFile
    curves: Sequence[_DrawnCurve]
    forests: Sequence[_DrawnForest]
    summaries: Sequence[RunSummary]


def as_html(contents: Contents) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("pyserini_xqg.reporting.html", "."),
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) or not isinstance(value, str) else visible(value),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests |= {"name": lambda part: isinstance(part, Name)}
    forests = _Forests()
    environment.globals |= {
        "label": row_label,
        "labels": lambda rows: joined(Name(row_label(row)) for row in rows),
        "drawn": forests.drawn,
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
        "INTERVAL": INTERVAL,
        "SIGNS": {verdict.name: sign for verdict, sign in SIGNS.items()},
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
        sweeps=[_drawn(number, sweep, forests) for number, sweep in enumerate(contents.sweeps)],
        alignments=contents.alignments,
        changes=contents.changes,
        limit=max((len(group.questions) for group in contents.changes), default=0),
        artifacts=contents.artifacts,
        inputs=contents.inputs,
        files=contents.files,
        latex=contents.latex,
    )


class _Forests:
    """Draws the forest plots of a page, and numbers them."""

    def __init__(self) -> None:
        self._count = 0

    def drawn(self, report: MeasureReport) -> list[_DrawnForest]:
        """One of each compared run."""
        found = []
        for run in report.compared:
            svg = forest_svg(report, run, f"forest-{self._count}")
            found.append(_DrawnForest(report, run, svg, forest_legend(report, run)))
            self._count += 1
        return found


def _drawn(number: int, sweep: SweepFile, forests: _Forests) -> _DrawnSweep:
    curves = []
    for place, curve in enumerate(sweep.curves):
        values = [value for point in curve.points for value in (point.mean, *point.languages.values())]
        unit = Unit.of_values(values)
        curves.append(_DrawnCurve(curve, curve_svg(curve, f"curve-{number}-{place}", unit.percent), unit))
    return _DrawnSweep(
        sweep, curves, [each for report in sweep.tests for each in forests.drawn(report)], run_summaries(sweep.tests)
    )


def _role(report: MeasureReport, run: str) -> Sentence:
    """What stands below a run's name."""
    if run == report.baseline:
        return Sentence(["baseline"])
    of = [Name(other) for other, controls in report.not_above.items() if run in controls]
    return sentence("control of {}", joined(of)) if of else Sentence([])


def _tests(reports: Sequence[MeasureReport]) -> str:
    """The tests that were used, in words."""
    used = used_tests(reports)
    words = " or ".join(used) or "p"
    if any(len(report.questions) > 1 for report in reports):
        words = f"{words}, Holm-corrected over the languages; of a mean: randomisation, not corrected"
    graded = TESTS["randomisation"] in used
    return f"{words} (t-test: the paired t-test, likewise, – where it is not defined)" if graded else words


def _officially(reports: Iterable[MeasureReport]) -> Sentence:
    return joined(dict.fromkeys(Name(run) for report in reports for run in report.officially_otherwise()))


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
